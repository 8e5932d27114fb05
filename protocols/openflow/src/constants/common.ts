// Names for numbers that mean the same in OpenFlow 1.0 and 1.3. What only one version has is marked.

/** No buffer: the message carries the packet itself. */
export const NO_BUFFER = 0xffffffff;
export const DEFAULT_PRIORITY = 0x8000;
/** Every table, in statistics requests and deletions. */
export const ALL_TABLES = 0xff;
export const ALL_QUEUES = 0xffffffff;
/** In statistics: more parts of this request or reply follow. */
export const MORE = 1;

export const FlowModCommand = {
  ADD: 0,
  MODIFY: 1,
  MODIFY_STRICT: 2,
  DELETE: 3,
  DELETE_STRICT: 4,
} as const;

/** INVALID_TTL: 1.3 only. */
export const PacketInReason = {
  NO_MATCH: 0,
  ACTION: 1,
  INVALID_TTL: 2,
} as const;

/** GROUP_DELETE: 1.3 only. */
export const FlowRemovedReason = {
  IDLE_TIMEOUT: 0,
  HARD_TIMEOUT: 1,
  DELETE: 2,
  GROUP_DELETE: 3,
} as const;

export const PortStatusReason = {
  ADD: 0,
  DELETE: 1,
  MODIFY: 2,
} as const;

/** How a switch treats fragments. */
export const ConfigFlag = {
  FRAG_NORMAL: 0,
  FRAG_DROP: 1,
  FRAG_REASM: 2,
} as const;

/** Nicira's roles, for OpenFlow 1.0. */
export const NxRole = {
  OTHER: 0,
  MASTER: 1,
  SLAVE: 2,
} as const;

/** `bundleType` of the ONF's bundle control messages. */
export const BundleControl = {
  OPEN_REQUEST: 0,
  OPEN_REPLY: 1,
  CLOSE_REQUEST: 2,
  CLOSE_REPLY: 3,
  COMMIT_REQUEST: 4,
  COMMIT_REPLY: 5,
  DISCARD_REQUEST: 6,
  DISCARD_REPLY: 7,
} as const;

export const BundleFlag = {
  ATOMIC: 1,
  ORDERED: 2,
} as const;

/** Flags of the `ct` action. */
export const CtFlag = {
  COMMIT: 1,
  FORCE: 2,
} as const;

/** Bits of the `ctState` match field. */
export const CtState = {
  NEW: 1,
  ESTABLISHED: 2,
  RELATED: 4,
  REPLY: 8,
  INVALID: 16,
  TRACKED: 32,
  SRC_NAT: 64,
  DST_NAT: 128,
} as const;
