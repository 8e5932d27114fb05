// Which switches have a port of a name. Each registration asks for one port among those of all switches.

import type { SwitchState } from './switch-state.ts';

export class PortDirectory {
  /** Many names are of one switch, which then stands for the set of it. */
  readonly #byName = new Map<string, SwitchState | Set<SwitchState>>();
  /** Each once. */
  readonly #names = new Map<SwitchState, readonly string[]>();

  /** @param states each as it is now. */
  constructor(states: Iterable<SwitchState> = []) {
    for (const state of states) this.update(state);
  }

  switches(): readonly SwitchState[] {
    return [...this.#names.keys()];
  }

  /** Those on which `portNamed` finds a port of this name or, as text, number. */
  switchesWith(name: string): ReadonlySet<SwitchState> {
    const having = this.#byName.get(name);
    return having === undefined ? NONE : having instanceof Set ? having : new Set([having]);
  }

  /** To be called when a switch has come, and when its ports have changed. */
  update(state: SwitchState): void {
    const names = new Set(state.portNames());
    for (const name of this.#names.get(state) ?? []) if (!names.has(name)) this.#drop(state, name);
    for (const name of names) this.#add(state, name);
    this.#names.set(state, Array.from(names));
  }

  remove(state: SwitchState): void {
    for (const name of this.#names.get(state) ?? []) this.#drop(state, name);
    this.#names.delete(state);
  }

  #add(state: SwitchState, name: string): void {
    const having = this.#byName.get(name);
    if (having === undefined) this.#byName.set(name, state);
    else if (having instanceof Set) having.add(state);
    else if (having !== state) this.#byName.set(name, new Set([having, state]));
  }

  #drop(state: SwitchState, name: string): void {
    const having = this.#byName.get(name);
    if (having === state) this.#byName.delete(name);
    else if (having instanceof Set && having.delete(state) && having.size === 0) this.#byName.delete(name);
  }
}

const NONE: ReadonlySet<SwitchState> = new Set();
