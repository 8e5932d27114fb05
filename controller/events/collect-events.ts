// From what the parts of the controller tell each other to events for whoever listens to /v1/events: jobs, switches, ports
// and the policy file. The names are those of the log.

import type { EventEmitter } from 'node:events';
import type { EngineEvents } from '../enforcement/engine.ts';
import { type LeaseEventSource, logLeases } from '../jobs/addresses/lease-log.ts';
import type { AdmissionEventSource } from '../jobs/admission-log.ts';
import { logAdmission } from '../jobs/admission-log.ts';
import type { PolicyEvents } from '../policy-control.ts';
import type { EventName } from '../telemetry/event-names.ts';
import type { EventLog } from './event-log.ts';

export interface EventParts {
  readonly admission: AdmissionEventSource;
  readonly leases: LeaseEventSource;
  readonly engine: EventEmitter<EngineEvents>;
  readonly policy: EventEmitter<PolicyEvents>;
}

export function collectEvents({ admission, leases, engine, policy }: EventParts, log: EventLog): void {
  const add = (fields: object, event: EventName) => log.add(event, fields as Readonly<Record<string, unknown>>);
  logAdmission(admission, { info: add, warn: add });
  logLeases(leases, { info: add });
  engine.on('switch', add);
  policy.on('load', add);
}
