// Names for numbers of OpenFlow 1.0 (OF1.0.1 §5).

/** Reserved ports; MAX is the highest number of a real one. */
export const Port10 = {
  MAX: 0xff00,
  IN_PORT: 0xfff8,
  TABLE: 0xfff9,
  NORMAL: 0xfffa,
  FLOOD: 0xfffb,
  ALL: 0xfffc,
  CONTROLLER: 0xfffd,
  LOCAL: 0xfffe,
  NONE: 0xffff,
} as const;

export const PortConfig10 = {
  PORT_DOWN: 1,
  NO_STP: 2,
  NO_RECV: 4,
  NO_RECV_STP: 8,
  NO_FLOOD: 16,
  NO_FWD: 32,
  NO_PACKET_IN: 64,
} as const;

/** The STP states are values of the bits 8 and 9. */
export const PortState10 = {
  STP_LISTEN: 0,
  LINK_DOWN: 1,
  STP_LEARN: 256,
  STP_FORWARD: 512,
  STP_BLOCK: 768,
} as const;

export const PortFeature10 = {
  SPEED_10MB_HD: 1,
  SPEED_10MB_FD: 2,
  SPEED_100MB_HD: 4,
  SPEED_100MB_FD: 8,
  SPEED_1GB_HD: 16,
  SPEED_1GB_FD: 32,
  SPEED_10GB_FD: 64,
  COPPER: 128,
  FIBER: 256,
  AUTONEG: 512,
  PAUSE: 1024,
  PAUSE_ASYM: 2048,
} as const;

export const Capability10 = {
  FLOW_STATS: 1,
  TABLE_STATS: 2,
  PORT_STATS: 4,
  STP: 8,
  RESERVED: 16,
  IP_REASM: 32,
  QUEUE_STATS: 64,
  ARP_MATCH_IP: 128,
} as const;

export const FlowModFlag10 = {
  SEND_FLOW_REM: 1,
  CHECK_OVERLAP: 2,
  EMERG: 4,
} as const;

/** `dlVlan` of a frame without a tag. */
export const VLAN_NONE = 0xffff;
/** Flow statistics and deletions of the emergency table. */
export const EMERGENCY_TABLE = 0xfe;
