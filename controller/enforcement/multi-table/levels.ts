// The priorities of the multi-table pipeline's rules, table by table: which of two rules wins, where both match.

/** Within INGRESS; 100 is for what was decided packet by packet. */
export const Ingress = { JOB_PORT: 20, GATE: 10, HOST: 5 } as const;

/** Priorities within SENDER and RECIPIENT; a zone's prefix adds its length to ZONE. */
export const Level = {
  EXACT: 6000,
  DISCOVERY: 5000,
  GROUP: 4500,
  JOB: 4000,
  LOCAL: 3500,
  BOOTSTRAP: 3100,
  RANGE: 3000,
  REST: 2000,
  ZONE: 1000,
  MISS: 0,
} as const;

/** Priorities within OUTPUT. With registers, what is for a job and neither addressed to it nor a question ends at NOBODY. */
export const Delivery = { ALTERNATE: 30, JOB: 20, QUEUE: 20, NOBODY: 15, PORT: 10 } as const;

/** Within VERDICT. */
export const VerdictLevel = { GUARD: 100, ANNOUNCEMENT: 50, CELL: 40, ROW: 30, COLUMN: 20, ALL: 10 } as const;

/** Within REPLIES. */
export const ReplyLevel = { OPENING: 60, DISCOVERY: 50, PACKET_OUT: 40, REPLY: 30, LOOK_UP: 20, NO_REPLY: 10 } as const;
