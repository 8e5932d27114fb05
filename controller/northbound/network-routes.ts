// /v1/switches, /v1/switches/:dpid and /v1/explain: what the network looks like now, and why it treats a pair of
// addresses as it does; and /v1/switches/:dpid/forget, which needs the right to write.

import type { FastifyInstance } from 'fastify';
import type { AccessControl } from './access.ts';
import { canonicalAddress } from './job-routes.ts';
import type { LarkApi } from './lark-api.ts';
import { ProblemError } from './problem.ts';

const address = { type: 'string', minLength: 1, maxLength: 64 } as const;

export const explainQuerySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['src', 'dst'],
  properties: { src: address, dst: address, switch: { type: 'string', minLength: 1, maxLength: 64 } },
} as const;

export function registerNetworkRoutes(server: FastifyInstance, api: LarkApi, access: AccessControl): void {
  server.get('/v1/switches', () => ({ switches: [...api.switches()].sort((a, b) => (a.dpid < b.dpid ? -1 : 1)) }));

  server.get<{ Params: { dpid: string } }>('/v1/switches/:dpid', (request) => {
    const dpid = normalDpid(request.params.dpid);
    const found = api.switches().find((candidate) => candidate.dpid === dpid);
    if (found === undefined) {
      throw new ProblemError('HTTP_SWITCH_NOT_FOUND', `No switch with the datapath id ${dpid} is connected.`);
    }
    return found;
  });

  server.post<{ Params: { dpid: string } }>('/v1/switches/:dpid/forget', (request) => {
    access.write(request);
    return api.forgetSwitch(normalDpid(request.params.dpid));
  });

  server.get<{ Querystring: { src: string; dst: string; switch?: string } }>(
    '/v1/explain',
    { schema: { querystring: explainQuerySchema } },
    ({ query }) => api.explain(canonicalAddress('src', query.src), canonicalAddress('dst', query.dst), query.switch),
  );
}

/** `00:00:00:1a:a0:09:fb:c9`, `0000001AA009FBC9` and `0x1aa009fbc9` to 16 lower-case digits. */
function normalDpid(text: string): string {
  const digits = /^0x([0-9a-f]{1,16})$/i.exec(text)?.[1]?.padStart(16, '0') ?? text;
  const plain = /^([0-9a-f]{2}:){7}[0-9a-f]{2}$/i.test(digits) ? digits.replaceAll(':', '') : digits;
  if (!/^[0-9a-f]{16}$/i.test(plain)) {
    throw new ProblemError('HTTP_DPID_INVALID', `'${text}' is not a datapath id of 16 hexadecimal digits.`);
  }
  return plain.toLowerCase();
}
