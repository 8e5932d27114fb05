// Addresses as sockets write them: an IPv6 socket writes an IPv4 peer as ::ffff:192.0.2.1.

/** An IPv4 address as such, however the socket was bound. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

/** Of the host itself: 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$|^::1$/.test(plainAddress(address));
}
