// What Lark is told to do while it is under load.

import type { JobsThere } from './traffic.ts';

const LISTEN = `openflow: { listen: 127.0.0.1:0, echoInterval: 60s, packetInLimit: { rate: off } }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.0.0.0/8], settle: 0ms }
`;

export function hostsPolicy(): string {
  return `${LISTEN}policies:\n  - isolate-users: true\n`;
}

/** Every switch has one table, and the first one the way out, at the port after those of the jobs. */
export function jobsPolicy(store: string, { jobs, switches }: JobsThere): string {
  const wan = 1 + Math.ceil(jobs / switches);
  const named = Array.from({ length: switches }, (_, i) => {
    const out = i === 0 ? `, wan: { port: s1p${wan}, queues: { physics: { id: 1 }, default: { id: 0 } } }` : '';
    return `  s${i + 1}: { dpid: "${(i + 1).toString(16).padStart(16, '0')}", pipeline: single-table${out} }\n`;
  });
  return `${LISTEN}store: { path: ${store} }
switches:
${named.join('')}policies:
  - block-users: [nobody]
  - isolate-users: true
  - wan-access: { deny: [user1] }
  - queues: { group_1: physics, "*": default }
`;
}
