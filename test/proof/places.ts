// Where a job is attached, said naively: at the port that its machine ad names, else at the one port that the file gives its
// machine, else where its MAC was seen, and only at ports that may have jobs.

import type { Job } from '../../controller/jobs/job.ts';
import { type Facts, portNamed, roleOf } from './facts.ts';
import { PLAN, type SwitchName } from './site.ts';

export interface PortPlace {
  readonly switch: SwitchName;
  readonly port: number;
}

export function placeOf(facts: Facts, job: Job): PortPlace | undefined {
  const ways = [byInterface, byMachine, byMac];
  for (const way of ways) {
    const found = way(facts, job);
    if (found.length === 1) return found[0];
  }
  return undefined;
}

function byInterface(facts: Facts, { externalInterface }: Job): readonly PortPlace[] {
  if (externalInterface === undefined) return [];
  return [...facts.switches.values()].flatMap((each) => {
    const port = portNamed(each, externalInterface);
    const role = port === undefined ? undefined : roleOf(each, port);
    return port !== undefined && (role === 'edge' || role === 'job') ? [{ switch: each.name, port }] : [];
  });
}

function byMachine(facts: Facts, { registration, mac }: Job): readonly PortPlace[] {
  const found = [...facts.switches.values()].flatMap((each) =>
    (PLAN.get(each.name)!.machines.get(registration.machine) ?? []).flatMap((name) => {
      const port = portNamed(each, name);
      return port === undefined ? [] : [{ switch: each.name, port }];
    }),
  );
  if (found.length < 2) return found;
  return found.filter((place) => mac !== undefined && facts.switches.get(place.switch)!.hosts.get(mac) === place.port);
}

function byMac(facts: Facts, { mac }: Job): readonly PortPlace[] {
  if (mac === undefined) return [];
  return [...facts.switches.values()].flatMap((each) => {
    const port = each.hosts.get(mac);
    const role = port === undefined ? undefined : roleOf(each, port);
    return port !== undefined && (role === 'edge' || role === 'job') ? [{ switch: each.name, port }] : [];
  });
}
