// What a policy file says, checked and with defaults filled in. Every part of the controller reads this and none of
// them sees YAML. A Config never changes: a reload makes a new one.

import type { Policy } from '../../policies/policy.ts';
import type { IpAddress, MacAddress, Prefix } from '../../protocols/packet/address.ts';
import type { AddressRange } from './address-range.ts';

/** Where in the file something stands, for messages: `policy.yaml:7:33`. Line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `policy.yaml:7:33` */
export function formatPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/** The sections of what listens. */
export const LISTENERS = ['openflow', 'http', 'jobs'] as const;
export type ListenerName = (typeof LISTENERS)[number];

export interface ListenAddress {
  /** An IP address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What TLS is spoken with: PEM texts that belong together and were in force when they were read. */
export interface TlsMaterial {
  /** The certificate and those between it and the CA. */
  readonly certificate: string;
  readonly key: string;
  /** Those that the other side's certificate must come from. */
  readonly clientCa: string | undefined;
  /** When the certificate ends, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** Of the certificate file and of the CA file: SHA-256 in hexadecimal digits. */
  readonly digest: string;
  readonly clientCaDigest: string | undefined;
}

export interface TlsConfig {
  /** Paths as the file writes them. With `clientCa` the other side must show a certificate. */
  readonly files: { readonly certificate: string; readonly key: string; readonly clientCa: string | undefined };
  /** Undefined where the files were not read, as for a plan. */
  readonly material: TlsMaterial | undefined;
}

/** `jobs`: registers, renews and ends jobs, and nothing else. `write`: whatever there is. */
export const TOKEN_SCOPES = ['read', 'jobs', 'write'] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

export interface ApiToken {
  readonly name: string;
  readonly scope: TokenScope;
  /** 32 bytes: of the token as it is sent. */
  readonly sha256: Uint8Array;
}

export interface TokensConfig {
  /** Of the token file, as the policy file writes it. */
  readonly path: string;
  /** Undefined where the file was not read, as for a plan: then no token is right. */
  readonly entries: readonly ApiToken[] | undefined;
  /** Of the file: SHA-256 in hexadecimal digits. */
  readonly digest: string | undefined;
}

/** OpenFlow wire versions: 1 is OpenFlow 1.0, 4 is OpenFlow 1.3. */
export type OpenflowVersion = 1 | 4;

/** What to do about rules that are not Lark's and come before Lark's: report them, delete them, or not take the switch. */
export type ForeignRules = 'leave' | 'remove' | 'refuse';

export interface ZoneConfig {
  readonly name: string;
  readonly prefixes: readonly Prefix[];
}

export interface AlternateWan {
  /** Port name, or its OpenFlow number as text. */
  readonly port: string;
  /** The MAC address that frames sent out of it are addressed to. */
  readonly gateway: MacAddress;
}

export interface WanConfig {
  readonly port: string;
  /** Queue ids by the name that policies use. */
  readonly queues: ReadonlyMap<string, { readonly id: number }>;
  readonly alternates: ReadonlyMap<string, AlternateWan>;
}

export interface SwitchConfig {
  /** The key in the file. */
  readonly name: string;
  /** The datapath id; where the file gives none, the switch whose LOCAL port (the OVS bridge) is called `name`. */
  readonly dpid: bigint | undefined;
  readonly wan: WanConfig | undefined;
  /** Which pipeline it gets; undefined: what its features allow. */
  readonly pipeline: 'single-table' | 'multi-table' | undefined;
  /** How many rules of Lark's it has room for, in all tables together; undefined: until it says that it is full. */
  readonly ruleBudget: number | undefined;
  /** Undefined: `secure` is meant. */
  readonly failMode?: FailMode | undefined;
  /** False: standard OpenFlow alone, even where the switch has Nicira's registers. */
  readonly registers?: boolean | undefined;
  /** Ports to other switches of Lark's. */
  readonly fabric: readonly string[];
  /** Which ports lead to a worker node's jobs: machine name (HTCondor's `Machine`) to port names. These are job ports from the start. */
  readonly machines: ReadonlyMap<string, readonly string[]>;
}

/** What a switch does without a controller: go on by its rules, or forward everything. */
export type FailMode = 'secure' | 'standalone';

export interface PolicyEntry {
  readonly policy: Policy;
  /** Where the entry stands in the file. */
  readonly place: Place;
  /** True: its drops, and its narrowing of traffic to replies, are recorded in verdicts and not enforced. */
  readonly audit?: boolean;
}

/** What is known of a worker node beforehand, for strict claims. */
export interface WorkerConfig {
  /** Its own addresses, from which it registers; none: its certificate alone tells. */
  readonly from: readonly Prefix[];
  /** Those that its jobs may have; none: any, at its own ports. */
  readonly ranges: readonly Prefix[];
}

/** How many packets a port may have asked about; ports that many are behind have ten times as much. */
export interface PacketInLimitConfig {
  readonly perSec: number;
  /** At once. */
  readonly burst: number;
  /** How long a port that goes beyond is held. */
  readonly holdSec: number;
}

/** Addresses that Lark leases to jobs, all of one IP version. */
export interface AddressPool extends AddressRange {
  /** The key in the file. */
  readonly name: string;
  /** Of the network that they are in. */
  readonly prefixLength: number;
  readonly gateway: IpAddress | undefined;
  /** The network's own address, its broadcast address and the gateway: nobody's, though they be in the range. */
  readonly never: ReadonlySet<IpAddress>;
  /** What is for the jobs of one machine alone, by its name in lower case; all others get the rest. */
  readonly workers: ReadonlyMap<string, AddressRange>;
}

export interface Config {
  /** The file's path as it was given; `(defaults)` where there is none. */
  readonly file: string;
  readonly openflow: {
    readonly listen: ListenAddress;
    readonly versions: readonly OpenflowVersion[];
    /** An echo request is sent after this long without a message, and the connection closed after as long again. */
    readonly echoIntervalMs: number;
    readonly foreign: ForeignRules;
    /** Undefined: none. */
    readonly packetInLimit: PacketInLimitConfig | undefined;
    /** Undefined: plain TCP. */
    readonly tls?: TlsConfig | undefined;
  };
  readonly http: {
    readonly listen: ListenAddress;
    readonly tls?: TlsConfig | undefined;
    /** Undefined: without tokens. */
    readonly tokens?: TokensConfig | undefined;
  };
  readonly jobs: {
    readonly listen: ListenAddress;
    readonly tls?: TlsConfig | undefined;
    /** Addresses that only jobs have: what is in here but not registered is dropped. */
    readonly ranges: readonly Prefix[];
    /** Whose requests are taken; undefined: everyone's that reaches the port. */
    readonly from?: readonly Prefix[] | undefined;
    /** `strict`: a worker node registers only jobs of its own machine, at addresses or ports of its own. */
    readonly claims: 'open' | 'strict';
    /** By machine name in lower case. */
    readonly workers: ReadonlyMap<string, WorkerConfig>;
    /** Of clients of the modern form, which renew. Undefined: no lease. */
    readonly leaseMs: number | undefined;
    /** Of original callouts, which only SEND again renews. Undefined: no lease. */
    readonly calloutLeaseMs: number | undefined;
    readonly unlocated: 'refuse' | 'by-address';
    /** What to do with a job whose switch is not connected: refuse it, or keep it without rules until the switch is. */
    readonly notConnected: 'refuse' | 'wait';
    /** What to do with a job whose `LarkNetworkType` is `nat`: refuse it, or keep it as `unenforced`. */
    readonly nat: 'refuse' | 'unenforced';
    /** How long a removal or a reload waits after the barriers before it answers, for cached decisions to end. */
    readonly settleMs: number;
    /** How long a switch may take to confirm. */
    readonly confirmTimeoutMs: number;
  };
  /** Where registrations are kept, as an absolute path; undefined: in memory, and lost at a restart. */
  readonly store: { readonly path: string } | undefined;
  readonly limits: {
    /** Endpoint classes, those of zones and local addresses included. */
    readonly classes: number;
    /** Of the pipeline's rules on any one switch. */
    readonly rules: number;
  };
  readonly addresses: readonly AddressPool[];
  readonly zones: readonly ZoneConfig[];
  readonly switches: readonly SwitchConfig[];
  /** In the order of the file. */
  readonly policies: readonly PolicyEntry[];
  /** What holds where no policy dropped or allowed. `place` is undefined where the file does not say. */
  readonly default: {
    readonly action: 'forward' | 'drop';
    readonly place: Place | undefined;
    /** As of a policy's entry. */
    readonly audit?: boolean;
  };
}
