// A model site and the starter hooks of htcondor/, as they stand on its worker node wn1: one slot, whose job is at port j1.

import { writeFileSync } from 'node:fs';
import type { JobView } from '../../controller/northbound/lark-api.ts';
import { HtcondorKit, type Ran, type Run } from './htcondor-kit.ts';
import { ModelSite, policyFor } from './model-site.ts';

export const SLOT = 'slot1_1@wn1';
/** In long form, as a hook gets it. */
export const JOB_AD =
  'Cmd = "/bin/echo"\nGlobalJobId = "s#1.0#1"\nIwd = "/home/alice"\nNumJobStarts = 1\nOwner = "alice"\n';
export const KEY = `s#1.0#1|1|wn1|${SLOT}`;
export const larkJob = (key: string) => `LarkJob = "/v1/jobs/${encodeURIComponent(key)}"\n`;
/** What PREPARE_JOB adds to it. */
export const LARK_JOB = larkJob(KEY);

/** What PREPARE_JOB says of a job that does not start. */
export const refusal = (status: number, message: string): Ran => ({
  status: 1,
  out: `LarkJob = ""\nHookStatusCode = ${status}\nHookStatusMessage = "Lark: ${message}"\n`,
  err: `lark-prepare-job: ${message}\n`,
});

export class HtcondorSite {
  readonly kit = new HtcondorKit({});
  #model: ModelSite | undefined;

  private constructor() {
    const machineAd = `Cpus = 1\nMachine = "wn1"\nMyType = "Machine"\nName = "${SLOT}"\n`;
    this.machineAd(machineAd);
    this.place('ipv4=10.1.0.1', 'interface=j1');
  }

  static async start(policy = policyFor('multi-table'), file?: string): Promise<HtcondorSite> {
    const site = new HtcondorSite();
    await site.restart(policy, file);
    return site;
  }

  get model(): ModelSite {
    if (this.#model === undefined) throw new Error('the site has been stopped');
    return this.#model;
  }

  /** Another Lark, at another port, that knows of no job. */
  async restart(policy = policyFor('multi-table'), file?: string): Promise<void> {
    await this.#model?.stop();
    this.#model = undefined;
    this.#model = await ModelSite.start(4, policy, {}, { file });
    this.kit.set({ url: this.url });
  }

  get url(): string {
    return `http://127.0.0.1:${this.model.lark.addresses.http.port}`;
  }

  machineAd(text: string): void {
    writeFileSync(`${this.kit.scratch}/.machine.ad`, text);
  }

  place(...lines: string[]): void {
    this.kit.write('places/slot1_1', `${lines.join('\n')}\n`);
  }

  prepare(stdin = JOB_AD, run: Run = {}): Promise<Ran> {
    return this.kit.run('lark-prepare-job', { stdin, ...run });
  }

  update(stdin = JOB_AD + LARK_JOB, run: Run = {}): Promise<Ran> {
    return this.kit.run('lark-update-job', { stdin, ...run });
  }

  exit(stdin = JOB_AD + LARK_JOB, run: Run = {}): Promise<Ran> {
    return this.kit.run('lark-job-exit', { stdin, args: ['exit'], ...run });
  }

  async jobs(): Promise<readonly JobView[]> {
    return (await this.model.get<{ jobs: JobView[] }>('/v1/jobs')).jobs;
  }

  async stop(): Promise<void> {
    await this.#model?.stop();
    this.kit.remove();
  }
}
