// Which switches have a port of a name. Each registration asks for one port among those of all switches.

import type { SwitchState } from './switch-state.ts';

export class PortDirectory {
  readonly #byName = new Map<string, Set<SwitchState>>();
  readonly #names = new Map<SwitchState, ReadonlySet<string>>();

  /** @param states each as it is now. */
  constructor(states: Iterable<SwitchState> = []) {
    for (const state of states) this.update(state);
  }

  switches(): readonly SwitchState[] {
    return [...this.#names.keys()];
  }

  /** Those on which `portNamed` finds a port of this name or, as text, number. */
  switchesWith(name: string): ReadonlySet<SwitchState> {
    return this.#byName.get(name) ?? NONE;
  }

  /** To be called when a switch has come, and when its ports have changed. */
  update(state: SwitchState): void {
    const former = this.#names.get(state) ?? new Set();
    const names = new Set(state.portNames());
    for (const name of former) if (!names.has(name)) this.#drop(state, name);
    for (const name of names) {
      const having = this.#byName.get(name);
      if (having === undefined) this.#byName.set(name, new Set([state]));
      else having.add(state);
    }
    this.#names.set(state, names);
  }

  remove(state: SwitchState): void {
    for (const name of this.#names.get(state) ?? []) this.#drop(state, name);
    this.#names.delete(state);
  }

  #drop(state: SwitchState, name: string): void {
    const having = this.#byName.get(name);
    having?.delete(state);
    if (having?.size === 0) this.#byName.delete(name);
  }
}

const NONE: ReadonlySet<SwitchState> = new Set();
