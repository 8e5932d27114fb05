// Port numbers are 32 bits wide everywhere in the controller, as in OpenFlow 1.3; 1.0's 16 bits exist on the wire alone.

/** OFPP_LOCAL: the switch's own host. */
export const LOCAL_PORT = 0xfffffffe;
/** OFPP_CONTROLLER */
export const CONTROLLER_PORT = 0xfffffffd;
/** Port numbers from this on are reserved (OFPP_MAX). */
export const FIRST_RESERVED_PORT = 0xffffff00;

const FIRST_RESERVED_10 = 0xff00;
const RESERVED_OFFSET = 0xffff0000;

/** A 1.0 port number as 32 bits: the reserved ones move to 1.3's place. */
export function widenPort(portNo: number): number {
  return portNo >= FIRST_RESERVED_10 ? portNo + RESERVED_OFFSET : portNo;
}

/** The other way. */
export function narrowPort(portNo: number): number {
  return portNo >= FIRST_RESERVED_PORT ? portNo - RESERVED_OFFSET : portNo;
}
