// Reserved ports by name, as Open vSwitch prints them, in either version's numbering.

/** In the order of their numbers, from 0xfff8 in 1.0 and 0xfffffff8 in 1.3. */
const names = ['IN_PORT', 'TABLE', 'NORMAL', 'FLOOD', 'ALL', 'CONTROLLER', 'LOCAL'] as const;
const FIRST_10 = 0xfff8;
const FIRST_13 = 0xfffffff8;

/** `LOCAL`, or the number. Open vSwitch keeps 1.3 ports below 0xff00 too, so the two numberings do not meet. */
export function formatPort(port: number): string {
  if (port === FIRST_10 + 7) return 'NONE';
  if (port === FIRST_13 + 7) return 'ANY';
  return names[port - (port >= FIRST_13 ? FIRST_13 : FIRST_10)] ?? `${port}`;
}
