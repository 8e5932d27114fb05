// Which addresses are of the host itself, as sockets and policy files write them.

/** True for 127.0.0.0/8, also as an IPv6 socket writes it, and ::1. */
export function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/.test(address);
}
