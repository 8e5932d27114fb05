// A real Open vSwitch over `ssl:`, with certificates that `ovs-pki` made: each side knows the other by its certificate.

import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../controller/config/load-config.ts';
import { send } from '../../controller/jobs/feed/client.ts';
import { type RunningLark, startLark } from '../../controller/main.ts';
import type { StatusView, SwitchView } from '../../controller/northbound/lark-api.ts';
import { command } from '../../mininet/lab/command.ts';
import type { LabHost } from '../../mininet/lab/host.ts';
import { type Ovs, startOvs } from '../../mininet/lab/ovs.ts';
import { clientOptions } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';

const BRIDGE = 'tls0';
const DEADLINE_MS = 20_000;
const TLS = '{ certificate: live.pem, key: live.key, clientCa: switchca.pem }';
const POLICY = `
openflow: { listen: 127.0.0.1:0, tls: ${TLS} }
http: { listen: 127.0.0.1:0 }
jobs: { listen: 127.0.0.1:0, ranges: [10.1.0.0/24] }
policies: [isolate-users: true]
`;

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp('/run/lark-tls-');
  for (const pki of ['ours', 'theirs']) await makePki(pki);
  await cp(at('ours', 'switchca.pem'), at('switchca.pem'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An authority for controllers and one for switches, two certificates of the first and one of the second. */
async function makePki(name: string): Promise<void> {
  const [home, pki] = [at(name), at(name, 'pki')];
  await mkdir(home);
  // It writes what it makes into the folder that it runs in.
  const inHome = ['-c', 'cd "$1" && shift && exec ovs-pki "$@"', 'sh', home];
  const run = (...args: string[]) =>
    command('sh', [...inHome, '-d', pki, '-l', at(`${name}.log`), '-B', '2048', ...args], { timeoutMs: 60_000 });
  await run('init');
  for (const controller of ['lark', 'renewed']) await run('req+sign', controller, 'controller');
  await run('req+sign', 'sw', 'switch');
  for (const ca of ['controllerca', 'switchca']) await cp(join(pki, ca, 'cacert.pem'), at(name, `${ca}.pem`));
}

/** The certificate that Lark shows from now on. */
async function show(name: string): Promise<void> {
  await cp(at('ours', `${name}-cert.pem`), at('live.pem'));
  await cp(at('ours', `${name}-privkey.pem`), at('live.key'));
}

interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

describe.each(['1.0', '1.3'] as const)('Open vSwitch over ssl: with OpenFlow %s', (version) => {
  let lark: RunningLark;
  let ovs: Ovs;
  let host: LabHost;
  let target: string;
  const lines: LogLine[] = [];

  beforeAll(async () => {
    await show('lark');
    const path = at('policy.yaml');
    await writeFile(path, POLICY);
    const { config, errors, source, fingerprint } = await loadConfig(path);
    if (config === undefined || source === undefined) throw new Error(JSON.stringify(errors));
    const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
    const tried = fingerprint === undefined ? {} : { fingerprint };
    const load = () => loadConfig(path);
    lark = await startLark(config, { log, version: 'test', warnings: [], load, source, watch: path, ...tried });
    target = `ssl:127.0.0.1:${lark.addresses.openflow.port}`;
    ovs = await startOvs(at('ovs'));
    await useCertificatesOf('ours');
    await ovs.addBridge({ name: BRIDGE, dpid: '0000000000000001', protocols: [version], controller: target });
    host = await ovs.addHost(BRIDGE, {
      name: 'tls-job',
      portName: 'v-tls-job',
      portNo: 1,
      mac: '02:00:00:01:00:11',
      addresses: ['10.1.0.11/24'],
    });
    await eventually(
      'the switch',
      async () => (await connected())?.ports.some(({ name }) => name === 'v-tls-job') === true,
      DEADLINE_MS,
    );
  }, 60_000);
  afterAll(async () => {
    await lark?.close();
    await ovs?.stop();
    await host?.remove();
  });

  /** What Open vSwitch shows; it trusts the controllers' authority of `ours`. */
  function useCertificatesOf(pki: 'ours' | 'theirs'): Promise<string> {
    return ovs.vsctl(['set-ssl', at(pki, 'sw-privkey.pem'), at(pki, 'sw-cert.pem'), at('ours', 'controllerca.pem')]);
  }

  async function get<T>(path: string): Promise<T> {
    const { host, port } = lark.addresses.http;
    return (await (await fetch(`http://${host}:${port}${path}`)).json()) as T;
  }

  async function connected(): Promise<SwitchView | undefined> {
    const { switches } = await get<{ switches: SwitchView[] }>('/v1/switches');
    return switches.find(({ state }) => state === 'up');
  }

  it('connects by its own version, and confirms the rules of a job', async () => {
    expect((await connected())?.version).toBe(version);
    const jobAd = '[ GlobalJobId = "s#1.0#1"; Owner = "alice"; NumJobStarts = 1 ]';
    const machineAd =
      '[ Machine = "wn1"; Name = "slot1@wn1"; LarkInnerAddressIPv4 = "10.1.0.11"; LarkExternalInterface = "v-tls-job" ]';
    expect(await send(lark.addresses.jobs, jobAd, machineAd)).toBe('OK');
    expect(await ovs.ofctl(BRIDGE, ['dump-flows'])).toMatch(/10\.1\.0\.11|0xa01000b/);
  });

  it('stays connected while Lark takes another certificate', async () => {
    const before = (await connected())?.connectedAt;
    await show('renewed');
    await eventually('the reload', () => lines.some(({ msg }) => msg === 'policy.reloaded'), DEADLINE_MS);
    expect(await shownCertificate()).toContain('renewed');
    const status = await get<StatusView>('/v1/status');
    expect(status.policy.refused).toBeNull();
    // The switch answers on the connection that it had: a barrier, among others.
    expect((await get<{ rules: unknown[] }>('/v1/explain?src=10.1.0.11&dst=192.0.2.1')).rules.length).toBeGreaterThan(
      0,
    );
    expect((await connected())?.connectedAt).toBe(before);
  });

  it('is refused with a certificate of another authority, and taken again with the right one', async () => {
    await useCertificatesOf('theirs');
    await ovs.setController(BRIDGE, target);
    const isUntrusted = ({ msg, reason }: LogLine) => msg === 'connection.refused' && reason === 'untrusted';
    await eventually('the refusal', () => lines.some(isUntrusted), DEADLINE_MS);
    expect(await connected()).toBeUndefined();
    await useCertificatesOf('ours');
    await ovs.setController(BRIDGE, target);
    await eventually('the switch again', async () => (await connected()) !== undefined, DEADLINE_MS);
  });

  it('is told from TLS when it speaks plain text', async () => {
    await ovs.setController(BRIDGE, target.replace('ssl:', 'tcp:'));
    const isPlain = ({ msg, reason }: LogLine) => msg === 'connection.refused' && reason === 'plain-on-tls';
    await eventually('the refusal', () => lines.some(isPlain), DEADLINE_MS);
  });

  function shownCertificate(): Promise<string> {
    return new Promise((resolve, reject) => {
      const own = { certificate: at('ours', 'sw-cert.pem'), key: at('ours', 'sw-privkey.pem') };
      const options = { ...clientOptions(at('ours', 'controllerca.pem'), own), checkServerIdentity: () => undefined };
      const socket = connect({ ...lark.addresses.openflow, ...options }, () => {
        resolve(socket.getPeerX509Certificate()?.subject ?? '');
        socket.destroy();
      });
      socket.on('error', reject);
    });
  }
});
