// One run of the controller, put together from its real parts as main.ts does, without its sockets: the engine, the
// admission of jobs, what stands between connections and the engine, and the store that outlives it. A witness stands
// right before the engine and sees, in their order and in the same turn, everything that the engine is told. Once it is
// killed nothing of it is seen any more.

import type { Message } from 'node-openflow';
import pino from 'pino';
import type { Config } from '../../controller/config/config.ts';
import { type ConfigResult, NO_SOURCE } from '../../controller/config/load-config.ts';
import { EnforcementEngine, type ReloadConfirmation } from '../../controller/enforcement/engine.ts';
import type { ManagedSwitch } from '../../controller/enforcement/managed-switch.ts';
import type { PreparedReload } from '../../controller/enforcement/reload.ts';
import type { Enforcement } from '../../controller/jobs/admission.ts';
import { AdmissionService } from '../../controller/jobs/admission-service.ts';
import type { Clock } from '../../controller/jobs/clock.ts';
import type { Confirmation } from '../../controller/jobs/enforcer.ts';
import type { Job } from '../../controller/jobs/job.ts';
import type { JobStore } from '../../controller/jobs/store/job-store.ts';
import { PolicyControl } from '../../controller/policy-control.ts';
import { RememberedSwitches } from '../../controller/remembered-switches.ts';
import type { ConnectionOwner, SwitchConnection } from '../../controller/southbound/switch-connection.ts';
import { Counters } from '../../controller/telemetry/counters.ts';

/** Told right before the engine is. */
export interface Witness {
  jobAdded(job: Job, enforcement: Enforcement): void;
  jobRemoved(job: Job): void;
  /** Another policy file is put in force. */
  reloaded(config: Config): void;
  connected(connection: SwitchConnection): void;
  /** `tell` tells the engine. */
  message(connection: SwitchConnection, message: Message, tell: () => void): void;
}

export interface ControllerParts {
  /** Reads the policy file as it is now. */
  readonly load: () => ConfigResult & { readonly config: Config };
  readonly clock: Clock;
  readonly store: JobStore;
  readonly witness: Witness;
}

const LOG = pino({ level: 'silent' });

export class ControllerProcess {
  readonly admission: AdmissionService;
  readonly policy: PolicyControl;
  readonly #witness: Witness;
  readonly #engine: EnforcementEngine;
  readonly #switches: ConnectionOwner;
  #isAlive = true;

  constructor({ load, clock, store, witness }: ControllerParts) {
    this.#witness = witness;
    const state = store.load();
    const counters = new Counters();
    const { config, warnings, source = NO_SOURCE } = load();
    this.#engine = new EnforcementEngine({ config, counters, log: LOG });
    const enforcer = this.#watchedEngine();
    const inForce = { config, warnings, source };
    this.policy = new PolicyControl({ engine: enforcer, inForce, load: async () => load(), clock, log: LOG });
    const settleMs = () => this.policy.config.jobs.settleMs;
    this.admission = new AdmissionService({ enforcer, clock, settleMs, counters, store });
    this.#engine.events.on('portGone', (jobs) => this.admission.portGone(jobs));
    this.#engine.events.on('moved', (job, location) => this.admission.moved(job, location));
    this.#engine.events.on('networkChanged', () => this.admission.networkChanged());
    this.#engine.events.on('remember', (memory) => this.admission.remember(memory));
    this.admission.restore(state);
    this.#switches = new RememberedSwitches({
      owner: this.#watchedOwner(),
      meet: (dpid) => this.admission.meetSwitch(dpid),
      log: LOG,
      known: state.switches,
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  onUp(connection: SwitchConnection): void {
    this.#switches.onUp(connection);
  }

  onMessage(connection: SwitchConnection, message: Message): void {
    if (this.#isAlive) this.#switches.onMessage(connection, message);
  }

  onClosed(connection: SwitchConnection, reason: string): void {
    if (this.#isAlive) this.#switches.onClosed(connection, reason);
  }

  managed(connection: SwitchConnection): ManagedSwitch | undefined {
    return this.#engine.switches().find((managed) => managed.connection === connection);
  }

  /** Whoever kills it also takes its timers, its connections and what its store has not written. */
  kill(): void {
    this.#isAlive = false;
  }

  #watchedOwner(): ConnectionOwner {
    return {
      onUp: (connection) => {
        if (!this.#isAlive) return;
        this.#witness.connected(connection);
        this.#engine.onUp(connection);
      },
      onMessage: (connection, message) =>
        this.#witness.message(connection, message, () => this.#engine.onMessage(connection, message)),
      onClosed: (connection, reason) => this.#engine.onClosed(connection, reason),
    };
  }

  /** The engine as admission and whoever reloads the file see it. */
  #watchedEngine(): EnforcementEngine {
    const engine = this.#engine;
    const noted = {
      jobAdded: (job: Job, enforcement: Enforcement): Promise<Confirmation> => {
        if (this.#isAlive) this.#witness.jobAdded(job, enforcement);
        return engine.jobAdded(job, enforcement);
      },
      jobRemoved: (job: Job, enforcement: Enforcement): Promise<Confirmation> => {
        if (this.#isAlive) this.#witness.jobRemoved(job);
        return engine.jobRemoved(job, enforcement);
      },
      reload: (prepared: PreparedReload<ManagedSwitch>): Promise<ReloadConfirmation> => {
        if (this.#isAlive) this.#witness.reloaded(prepared.policy.config);
        return engine.reload(prepared);
      },
    };
    return new Proxy(engine, {
      get: (target, name) => {
        if (name === 'jobAdded' || name === 'jobRemoved' || name === 'reload') return noted[name];
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}
