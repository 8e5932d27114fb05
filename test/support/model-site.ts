// A whole Lark in this process with model switches over loopback: for what happens between parts over time, without
// root. Frames that leave a port are kept, so a test can ask who saw what.

import pino from 'pino';
import { loadConfig, parseConfig } from '../../controller/config/load-config.ts';
import { JobFeedClient } from '../../controller/jobs/feed/client.ts';
import { type RunningLark, type StartOptions, startLark } from '../../controller/main.ts';
import type { SwitchView } from '../../controller/northbound/lark-api.ts';
import { ModelSwitch, type ModelSwitchOptions, type SentFrame } from '../../mininet/model-switch/model-switch.ts';
import { parseIp, parseMac } from '../../protocols/packet/address.ts';
import { buildUdp } from '../../protocols/packet/build.ts';
import { eventually } from './eventually.ts';

const POLICY = `
openflow: { listen: 127.0.0.1:0, echoInterval: 60s }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.1.0.0/24], settle: 0ms, confirmTimeout: 5s }
zones: { campus: [10.0.0.0/8] }
switches:
  leaf: { pipeline: PIPELINE, dpid: "0000000000000001", fabric: [up] }
  core: { pipeline: PIPELINE, dpid: "0000000000000002", fabric: [down], wan: { port: wan0, queues: { bulk: { id: 3 } } } }
policies:
  - isolate-users: true
  - queues: { "*": bulk }
`;

/** The policy of the site; 1.0 has one table whatever it says. */
export function policyFor(pipeline: 'single-table' | 'multi-table'): string {
  return POLICY.replaceAll('PIPELINE', pipeline);
}

/** Ports of the leaf: jobs at 1 to 4, a host at 5, the core at 9. Of the core: jobs at 1 and 2, the WAN at 8, the leaf at 9. */
const PORTS = {
  leaf: { 1: 'j1', 2: 'j2', 3: 'j3', 4: 'j4', 5: 'host', 9: 'up' },
  core: { 1: 'k1', 2: 'k2', 8: 'wan0', 9: 'down' },
} as const;

export interface JobSketch {
  readonly number: number;
  readonly user: string;
  /** Name of the port; also tells the switch. */
  readonly port: string;
  readonly machine?: string;
  readonly withoutMac?: boolean;
}

export const addressOf = (number: number) => `10.1.0.${number}`;
/** As a rule in a register shows it. */
export const registerOf = (number: number) => `0x${(0x0a010000 + number).toString(16)}`;
export const macOf = (number: number) => `02:00:00:01:00:${number.toString(16).padStart(2, '0')}`;

/** What the switches can do beyond the standard, and their clock where it is moved by hand. */
type SwitchKind = Pick<ModelSwitchOptions, 'hasBundles' | 'hasRegisters' | 'clock'>;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

interface SiteOptions extends Pick<StartOptions, 'dropsEveryMs'> {
  readonly file?: string | undefined;
  readonly through?: (lark: HostPort) => Promise<HostPort>;
}

export class ModelSite {
  readonly lark: RunningLark;
  readonly feed: JobFeedClient;
  readonly leaf: ModelSwitch;
  readonly core: ModelSwitch;
  /** The text of the policy file, as a reload finds it. */
  policy: string;
  readonly sent: (SentFrame & { readonly by: 'leaf' | 'core' })[] = [];

  private constructor(
    lark: RunningLark,
    feed: JobFeedClient,
    controller: HostPort,
    version: 1 | 4,
    policy: string,
    kind: SwitchKind,
  ) {
    this.lark = lark;
    this.policy = policy;
    this.feed = feed;
    const make = (name: 'leaf' | 'core', dpid: bigint) => {
      const ports = Object.entries(PORTS[name]).map(([portNo, portName]) => ({
        portNo: Number(portNo),
        name: portName,
        mac: parseMac(`02:00:00:ff:0${dpid}:0${portNo}`)!,
        queues: portName === 'wan0' ? [3] : [],
      }));
      const reconnect = { firstMs: 5, lastMs: 20 };
      const made = new ModelSwitch({ dpid, version, ports, controller, reconnect, ...kind });
      made.on('frame', (frame) => {
        this.sent.push({ ...frame, by: name });
        // The two are joined by their port 9.
        if (frame.portNo === 9) (name === 'leaf' ? this.core : this.leaf).inject(9, frame.frame);
      });
      return made;
    };
    this.leaf = make('leaf', 1n);
    this.core = make('core', 2n);
  }

  /**
   * `file`: where the policy is written already, if it names files beside itself. `through`: something between the switches and
   * Lark's OpenFlow port; where they connect instead.
   */
  static async start(
    version: 1 | 4,
    policy: string,
    kind: SwitchKind = {},
    { file, through, ...options }: SiteOptions = {},
  ): Promise<ModelSite> {
    let site: ModelSite | undefined;
    const load = async () =>
      file === undefined ? parseConfig('policy.yaml', site?.policy ?? policy) : await loadConfig(file);
    const { config, errors, source } = await load();
    if (config === undefined) throw new Error(JSON.stringify(errors));
    const log = pino({ level: process.env.LARK_TEST_LOG ?? 'silent' });
    const lark = await startLark(config, {
      log,
      version: 'test',
      warnings: [],
      load,
      ...(source && { source }),
      ...options,
    });
    const controller = through === undefined ? lark.addresses.openflow : await through(lark.addresses.openflow);
    const feed = await JobFeedClient.connect(lark.addresses.jobs);
    site = new ModelSite(lark, feed, controller, version, policy, kind);
    await Promise.all([site.leaf.connect(), site.core.connect()]);
    await site.whenUp(2);
    return site;
  }

  async whenUp(count: number, deadlineMs?: number): Promise<void> {
    const areUp = async () => {
      const { switches } = await this.get<{ switches: SwitchView[] }>('/v1/switches');
      return switches.filter(({ state }) => state === 'up').length === count;
    };
    await eventually(`${count} switches up`, areUp, deadlineMs);
  }

  /** Breaks the leaf's connection; resolves when a new one is up. */
  async reconnectLeaf(): Promise<void> {
    const leaf = async () => {
      const { switches } = await this.get<{ switches: SwitchView[] }>('/v1/switches');
      return switches.find(({ name }) => name === 'leaf');
    };
    const before = (await leaf())?.connectedAt;
    this.leaf.disconnect();
    await eventually('a new connection of the leaf', async () => {
      const now = await leaf();
      return now !== undefined && now.connectedAt !== before && now.state === 'up';
    });
  }

  register(job: JobSketch) {
    const { number, user, port, machine = 'wn1', withoutMac = false } = job;
    const jobAd = `[ GlobalJobId = "s#${number}.0#1"; Owner = "${user}"; NumJobStarts = 1 ]`;
    const mac = withoutMac ? '' : `LarkInnerMacAddress = "${macOf(number)}"; `;
    const machineAd =
      `[ Machine = "${machine}"; Name = "slot${number}@${machine}"; ${mac}` +
      `LarkInnerAddressIPv4 = "${addressOf(number)}"; LarkExternalInterface = "${port}" ]`;
    return this.feed.register(jobAd, machineAd);
  }

  remove({ number, machine = 'wn1' }: { number: number; machine?: string }) {
    return this.feed.remove(`s#${number}.0#1|1|${machine}|slot${number}@${machine}`);
  }

  async get<T>(path: string): Promise<T> {
    const { host, port } = this.lark.addresses.http;
    return (await (await fetch(`http://${host}:${port}${path}`)).json()) as T;
  }

  async post<T>(path: string, body = ''): Promise<T> {
    const { host, port } = this.lark.addresses.http;
    const headers = body === '' ? {} : { 'content-type': 'application/yaml' };
    const init = { method: 'POST', headers, ...(body !== '' && { body }) };
    return (await (await fetch(`http://${host}:${port}${path}`, init)).json()) as T;
  }

  /** A UDP packet from one job to another, with a marker, into the port that the sender is at. */
  inject(at: 'leaf' | 'core', portNo: number, from: number, to: number, marker: string): void {
    this[at].inject(portNo, udpFrame(macOf(from), macOf(to), addressOf(from), addressOf(to), marker));
  }

  /** Where frames with this marker have left. */
  seen(marker: string): string[] {
    const at = this.sent.filter(({ frame }) => Buffer.from(frame).includes(marker));
    return [...new Set(at.map(({ by, portNo }) => `${by}:${portNo}`))].sort();
  }

  async arrives(marker: string, at: string): Promise<void> {
    await eventually(`${marker} at ${at}`, () => this.seen(marker).includes(at));
  }

  async stop(): Promise<void> {
    await this.feed.close();
    await this.lark.close();
    await Promise.all([this.leaf.close(), this.core.close()]);
  }
}

export function udpFrame(ethSrc: string, ethDst: string, src: string, dst: string, marker: string): Uint8Array {
  return buildUdp(
    { ethSrc: parseMac(ethSrc)!, ethDst: parseMac(ethDst)! },
    { src: parseIp(src)!, dst: parseIp(dst)! },
    { srcPort: 4000, dstPort: 4000, data: new TextEncoder().encode(marker) },
  );
}
