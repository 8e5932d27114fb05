// Names for numbers of OpenFlow 1.3 (OF1.3.5 §7).

/** Reserved ports; MAX is the highest number of a real one. ANY in requests: no restriction. */
export const Port13 = {
  MAX: 0xffffff00,
  IN_PORT: 0xfffffff8,
  TABLE: 0xfffffff9,
  NORMAL: 0xfffffffa,
  FLOOD: 0xfffffffb,
  ALL: 0xfffffffc,
  CONTROLLER: 0xfffffffd,
  LOCAL: 0xfffffffe,
  ANY: 0xffffffff,
} as const;

export const PortConfig13 = {
  PORT_DOWN: 1,
  NO_RECV: 4,
  NO_FWD: 32,
  NO_PACKET_IN: 64,
} as const;

export const PortState13 = {
  LINK_DOWN: 1,
  BLOCKED: 2,
  LIVE: 4,
} as const;

export const PortFeature13 = {
  SPEED_10MB_HD: 1,
  SPEED_10MB_FD: 2,
  SPEED_100MB_HD: 4,
  SPEED_100MB_FD: 8,
  SPEED_1GB_HD: 16,
  SPEED_1GB_FD: 32,
  SPEED_10GB_FD: 64,
  SPEED_40GB_FD: 128,
  SPEED_100GB_FD: 256,
  SPEED_1TB_FD: 512,
  OTHER: 1024,
  COPPER: 2048,
  FIBER: 0x1000,
  AUTONEG: 0x2000,
  PAUSE: 0x4000,
  PAUSE_ASYM: 0x8000,
} as const;

export const Capability13 = {
  FLOW_STATS: 1,
  TABLE_STATS: 2,
  PORT_STATS: 4,
  GROUP_STATS: 8,
  IP_REASM: 32,
  QUEUE_STATS: 64,
  PORT_BLOCKED: 256,
} as const;

/** `maxLen` of an output to the controller. NO_BUFFER: the whole packet. */
export const ControllerMaxLen = {
  MAX: 0xffe5,
  NO_BUFFER: 0xffff,
} as const;

export const FlowModFlag13 = {
  SEND_FLOW_REM: 1,
  CHECK_OVERLAP: 2,
  RESET_COUNTS: 4,
  NO_PKT_COUNTS: 8,
  NO_BYT_COUNTS: 16,
} as const;

export const GroupCommand = {
  ADD: 0,
  MODIFY: 1,
  DELETE: 2,
} as const;

/** FF: fast failover. */
export const GroupType = {
  ALL: 0,
  SELECT: 1,
  INDIRECT: 2,
  FF: 3,
} as const;

export const Group = {
  MAX: 0xffffff00,
  ALL: 0xfffffffc,
  ANY: 0xffffffff,
} as const;

export const GroupCapability = {
  SELECT_WEIGHT: 1,
  SELECT_LIVENESS: 2,
  CHAINING: 4,
  CHAINING_CHECKS: 8,
} as const;

export const MeterCommand = {
  ADD: 0,
  MODIFY: 1,
  DELETE: 2,
} as const;

export const Meter = {
  MAX: 0xffff0000,
  SLOWPATH: 0xfffffffd,
  CONTROLLER: 0xfffffffe,
  ALL: 0xffffffff,
} as const;

export const MeterFlag = {
  KBPS: 1,
  PKTPS: 2,
  BURST: 4,
  STATS: 8,
} as const;

export const MeterBandType = {
  DROP: 1,
  DSCP_REMARK: 2,
  EXPERIMENTER: 0xffff,
} as const;

export const Role = {
  NOCHANGE: 0,
  EQUAL: 1,
  MASTER: 2,
  SLAVE: 3,
} as const;

/** Bits of the `vlanVid` match field. */
export const VlanId = {
  NONE: 0,
  PRESENT: 0x1000,
} as const;

/** Bits of the `ipv6Exthdr` match field. */
export const Ipv6ExtensionHeader = {
  NONEXT: 1,
  ESP: 2,
  AUTH: 4,
  DEST: 8,
  FRAG: 16,
  ROUTER: 32,
  HOP: 64,
  UNREP: 128,
  UNSEQ: 256,
} as const;

/** The last table that a rule may be in. */
export const MAX_TABLE = 0xfe;
