// `lark check --live`: the warnings of a good file together with what the switches of a running Lark have to say of it.

import type { ConfigResult } from '../config/load-config.ts';
import { readYaml } from '../config/yaml-source.ts';
import { checkLive } from '../network/check-live.ts';
import type { PortQueuesView, SwitchView } from '../northbound/lark-api.ts';
import { type ClientOptions, getJson } from './client.ts';

/** A file that cannot be used is returned as it is, and nobody is asked. */
export async function withLive(result: ConfigResult, client: ClientOptions): Promise<ConfigResult> {
  if (result.config === undefined || result.source === undefined) return result;
  const yaml = readYaml(result.config.file, result.source.text);
  if ('problems' in yaml) return result;
  const { switches = [] } = (await getJson<{ switches: readonly SwitchView[] }>(client, '/v1/switches')) ?? {};
  const warnings = await checkLive(result.config, yaml.source, switches, async ({ dpid }, { portNo }) => {
    const path = `/v1/switches/${dpid}/ports/${portNo}/queues`;
    // A switch that has left since is one that does not say.
    return (await getJson<PortQueuesView>(client, path))?.queues ?? undefined;
  });
  return { ...result, warnings: [...result.warnings, ...warnings] };
}
