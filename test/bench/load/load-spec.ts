import type { JobsThere } from './traffic.ts';
import type { Version } from './wire.ts';

export interface LoadSpec {
  readonly controller: { readonly host: string; readonly port: number; readonly pid: number };
  readonly version: Version;
  readonly switches: number;
  /** PacketIns that each switch has unanswered, with `perSec` at most; 1 with one switch measures latency. */
  readonly window: number;
  /** PacketIns a second of all switches together, whatever is unanswered, in bursts of a millisecond; without it as fast as they are answered. */
  readonly perSec?: number;
  readonly isBuffered: boolean;
  readonly isEachNew?: boolean;
  /** With both, one packet of each in turn. `hostsAt`: the port that hosts come in by, if not the first one without jobs. */
  readonly traffic: { readonly hosts?: number; readonly hostsAt?: number; readonly jobs?: JobsThere } | 'none';
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface LoadResult {
  readonly answersPerSec: number;
  /** Processor time of the controller; undefined where nothing was asked. */
  readonly cpuUsPerAnswer: number | undefined;
  /** Where one PacketIn is outstanding at a time, or they come at a given rate. */
  readonly p50Us: number | undefined;
  readonly p99Us: number | undefined;
  /** Of the controller, at the end, and when measuring began. */
  readonly rssMiB: number;
  readonly rssAtFirstMiB: number;
  /** Switches whose connection was closed. */
  readonly dropped: number;
  /** Of what was to be sent at the given rate, how much was not, since the window was full. From 0 to 1. */
  readonly shareHeldBack: number;
}
