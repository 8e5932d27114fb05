// What the stage and its agents, one process in each network namespace, say to each other over IPC.

export const TRANSFER_PORT = 7001;
export const PROBE_PORT = 7002;
export const TRANSFER_BYTES = 1_048_576;

export type AgentCommand =
  /** Sends TRANSFER_BYTES random bytes by TCP and compares the digest that the other end answers with. */
  | { readonly do: 'transfer'; readonly source: string; readonly destination: string; readonly timeoutMs: number }
  /** Sends three datagrams that name the scene; no answer is awaited. */
  | { readonly do: 'probe'; readonly source: string; readonly destination: string; readonly scene: string }
  /** Which scenes' datagrams have arrived here so far. */
  | { readonly do: 'report' };

export type AgentAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly result: AgentResult }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

export interface TransferResult {
  /** True if all bytes arrived as they were sent. */
  readonly whole: boolean;
  /** `1048576 bytes`, or what went wrong: `timed out`, `ECONNREFUSED`. */
  readonly detail: string;
}

/** `transfer`, `report` and `probe` answer with these, in this order. */
export type AgentResult = TransferResult | readonly string[] | null;

export interface AgentRequest {
  readonly id: number;
  readonly command: AgentCommand;
}
