/**
 * Something that rules were decided on: a MAC address as source or destination, an IP address at either end, a port as
 * the way in or out, that nobody may hear a broadcast, or that all verdicts of one end are the same.
 */
export type Concern =
  | { readonly source: number }
  | { readonly destination: number }
  /** An IPv4 address is a number and an IPv6 address a bigint: ::1 is not 0.0.0.1. */
  | { readonly address: number | bigint }
  | { readonly inPort: number }
  | { readonly outPort: number }
  | 'unheard'
  | 'wide';
