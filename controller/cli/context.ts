// What every command gets: the terminal, the way to ask a running Lark, and the parts of Lark that a command starts. All
// of them are passed in, so that tests run commands without a process, a network or a service.

import type { Logger } from 'pino';
import type { Config, ListenAddress } from '../config/config.ts';
import type { ConfigResult, PolicySource } from '../config/load-config.ts';
import type { ConfigProblem } from '../config/problem.ts';
import type { StatePlan } from '../state/plan-from-state.ts';
import type { ClientOptions } from './client.ts';
import type { Terminal } from './terminal.ts';

/** A Lark that listens. */
export interface RunningLark {
  /** Where it listens, with the ports that were chosen where the file says 0. */
  readonly addresses: {
    readonly openflow: ListenAddress;
    readonly http: ListenAddress;
    readonly jobs: ListenAddress;
  };
  /** Reads the policy file anew and puts it in force; what is wrong with it is logged, and changes nothing. */
  reload(): Promise<unknown>;
  /** Answers what is being asked, then closes every socket. */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly log: Logger;
  readonly version: string;
  /** What the check of the file warned of; already logged. */
  readonly warnings: readonly ConfigProblem[];
  /** What the config was made from. */
  readonly source?: PolicySource;
  /** Reads the policy file anew; left out where there is none. */
  readonly load?: () => Promise<ConfigResult>;
  /** `ConfigResult.fingerprint` of what the config was made from. */
  readonly fingerprint?: string;
  /** The policy file, to be watched; left out: it is not. */
  readonly watch?: string;
}

export interface DemoOptions {
  readonly keep: boolean;
  readonly json: boolean;
  /** True: the embedded model switch, even where Open vSwitch could be used. */
  readonly model: boolean;
  /** The OpenFlow version to speak; `both` plays the story twice. */
  readonly version: '1.0' | '1.3' | 'both';
}

export interface CliParts {
  readonly terminal: Terminal;
  readonly fetch: typeof fetch;
  /** Of package.json. */
  readonly version: string;
  /** Without a path: the defaults, for a Lark without a policy file. */
  readonly loadConfig: (path: string | undefined) => Promise<ConfigResult>;
  readonly startLark: (config: Config, options: StartOptions) => Promise<RunningLark>;
  /** Throws where `state` is no file that `lark state` printed. */
  readonly planFromState: (state: string, next: ConfigResult, withRules: boolean) => Promise<StatePlan>;
  /** The exit code of the demo. */
  readonly runDemo: (options: DemoOptions) => Promise<number>;
  readonly signals: Signals;
  /** Aborted once whoever reads standard output has gone. */
  readonly readerGone: AbortSignal;
  /** A terminal with a person at it; undefined where standard input or output is none. */
  readonly screen?: Screen | undefined;
  /** Ends the process without waiting for anything. */
  readonly exitNow: (code: number) => void;
}

/** A terminal that a command takes over as a whole, and gives back as it was. */
export interface Screen {
  size(): { readonly columns: number; readonly rows: number };
  onResize(listener: () => void): () => void;
  /** Keys as they are pressed, Ctrl-C too, until the returned function is called. */
  onKeys(listener: (keys: string) => void): () => void;
  /** Written before the process ends, however it ends, until the returned function is called. */
  atExit(text: string): () => void;
}

/** SIGTERM, SIGINT and SIGHUP as they come, until the returned function is called. */
export type Signals = (listener: (signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP') => void) => () => void;

export interface CommandContext {
  readonly parts: CliParts;
  readonly terminal: Terminal;
  /** How to ask the running Lark. Throws a CliError where the URL is none. */
  client(): ClientOptions;
  /** Makes a command's function into an action for commander, and keeps its exit code. */
  run<Args extends unknown[]>(action: (...args: Args) => Promise<number>): (...args: Args) => Promise<void>;
}
