// What the events of /v1/events are called, all of them: docs/http-api.md has the same list, and who asks for one that there is
// not is told so.

export const EVENT_NAMES = [
  'job.admitted',
  'job.waiting',
  'job.lease_half_over',
  'job.removed',
  'address.leased',
  'address.released',
  'switch.connected',
  'switch.mended',
  'switch.was_standalone',
  'switch.lost_rules',
  'switch.disconnected',
  'port.changed',
  'port.removed',
  'port.storm',
  'port.storm_over',
  'policy.reloaded',
  'policy.verdict_changed',
  'policy.refused',
  'packets.dropped',
] as const;

export type EventName = (typeof EVENT_NAMES)[number];
