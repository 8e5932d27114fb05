// The names of the ports that jobs are at or were, for each switch, connected or not. A port stays in it until the switch
// says that it is deleted, or comes back without it: what a job left behind at its port stays gated, whatever became of the
// connection or of this controller. Whoever writes them down is told of each change.

export class JobPortNames {
  readonly #names = new Map<bigint, Set<string>>();
  readonly #onChange: (dpid: bigint, portName: string, isJobPort: boolean) => void;

  constructor(onChange: (dpid: bigint, portName: string, isJobPort: boolean) => void) {
    this.#onChange = onChange;
  }

  of(dpid: bigint): ReadonlySet<string> {
    return this.#names.get(dpid) ?? NONE;
  }

  /** As was written down: nobody is told. */
  restore(dpid: bigint, portName: string): void {
    const names = this.#names.get(dpid);
    if (names === undefined) this.#names.set(dpid, new Set([portName]));
    else names.add(portName);
  }

  set(dpid: bigint, portName: string, isJobPort: boolean): void {
    if (this.of(dpid).has(portName) === isJobPort) return;
    if (isJobPort) this.restore(dpid, portName);
    else this.#names.get(dpid)?.delete(portName);
    this.#onChange(dpid, portName, isJobPort);
  }

  /** The switch is there, with these ports and no others. */
  keepOnly(dpid: bigint, portNames: ReadonlySet<string>): void {
    for (const portName of [...this.of(dpid)]) if (!portNames.has(portName)) this.set(dpid, portName, false);
  }

  /** The switch is gone for good; nobody is told. */
  forget(dpid: bigint): void {
    this.#names.delete(dpid);
  }
}

const NONE: ReadonlySet<string> = new Set();
