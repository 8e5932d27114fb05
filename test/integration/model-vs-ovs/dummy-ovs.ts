// A private Open vSwitch on its dummy datapath: real ofproto, real flow cache, real rewriting of packets, but ports
// that live in the process itself. Frames go in by its control socket and come out in pcap files, so it needs neither
// root nor interfaces, and a round of hundreds of packets takes milliseconds. For holding the model switch against it.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { decodeMessage, encodeMessage, FrameSplitter, type Message, versionBitmap } from 'node-openflow';

const run = promisify(execFile);
const DEADLINE_MS = 10_000;
const PCAP_HEADER = 24;
const PCAP_RECORD_HEADER = 16;
const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';

export class DummyOvs {
  readonly #directory: string;
  readonly #env: NodeJS.ProcessEnv;
  #control: Socket | undefined;
  #controlText = '';
  #nextId = 0;
  readonly #readUpTo = new Map<string, number>();
  readonly #replies = new Map<number, { resolve: (text: string) => void; reject: (error: Error) => void }>();

  private constructor(directory: string) {
    this.#directory = directory;
    this.#env = {
      ...process.env,
      OVS_RUNDIR: directory,
      OVS_LOGDIR: directory,
      OVS_DBDIR: directory,
      OVS_SYSCONFDIR: directory,
    };
  }

  /** Bridge `br0` with ports `p1` to `pN` (numbered 1 to N) beside its own LOCAL port. */
  static async start(portCount: number): Promise<DummyOvs> {
    const ovs = new DummyOvs(await mkdtemp(join(tmpdir(), 'lark-dummy-ovs-')));
    try {
      await ovs.#start(portCount);
    } catch (error) {
      await ovs.stop();
      throw error;
    }
    return ovs;
  }

  async #start(portCount: number): Promise<void> {
    const database = join(this.#directory, 'conf.db');
    const daemon = ['--pidfile', '--log-file', '-vconsole:off', '--no-chdir', '--detach'];
    await mkdir(join(this.#directory, 'openvswitch'), { recursive: true });
    await this.#run('ovsdb-tool', 'create', database, SCHEMA);
    const socket = join(this.#directory, 'db.sock');
    await this.#run('ovsdb-server', database, `--remote=punix:${socket}`, ...daemon);
    await this.#run('ovs-vsctl', '--no-wait', 'init');
    const dummy = ['--enable-dummy', '--disable-system', '--disable-system-route'];
    await this.#run('ovs-vswitchd', `unix:${socket}`, ...dummy, ...daemon);
    const names = Array.from({ length: portCount }, (_, i) => `p${i + 1}`);
    const ports = names.flatMap((name, i) => [
      ...['--', 'add-port', 'br0', name, '--', 'set', 'interface', name, 'type=dummy', `ofport_request=${i + 1}`],
      `options:tx_pcap=${this.#pcap(name)}`,
    ]);
    await this.#run(
      ...['ovs-vsctl', 'add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=dummy', 'fail_mode=secure'],
      ...['protocols=OpenFlow10,OpenFlow13', '--', 'set', 'interface', 'br0', `options:tx_pcap=${this.#pcap('br0')}`],
      ...ports,
    );
    await this.#openControl();
  }

  async #run(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run(command, args, { env: this.#env, timeout: DEADLINE_MS });
    return stdout;
  }

  #pcap(port: string): string {
    return join(this.#directory, `${port}.pcap`);
  }

  async #openControl(): Promise<void> {
    const pid = (await readFile(join(this.#directory, 'ovs-vswitchd.pid'), 'utf8')).trim();
    const control = connect(join(this.#directory, `ovs-vswitchd.${pid}.ctl`));
    await once(control, 'connect', { signal: AbortSignal.timeout(DEADLINE_MS) });
    control.setEncoding('utf8');
    control.on('data', (text: string) => this.#takeReplies(text));
    this.#control = control;
  }

  /** Replies come as JSON objects back to back, without separators. */
  #takeReplies(text: string): void {
    this.#controlText += text;
    for (let end = objectEnd(this.#controlText); end > 0; end = objectEnd(this.#controlText)) {
      const reply = JSON.parse(this.#controlText.slice(0, end)) as { id: number; result: string; error: string | null };
      this.#controlText = this.#controlText.slice(end);
      const waiting = this.#replies.get(reply.id);
      this.#replies.delete(reply.id);
      if (reply.error === null) waiting?.resolve(reply.result);
      else waiting?.reject(new Error(reply.error));
    }
  }

  /** What `ovs-appctl` does, without a process for each command. */
  appctl(method: string, ...params: readonly string[]): Promise<string> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = globalThis.setTimeout(
        () => reject(new Error(`ovs-vswitchd did not answer ${method}`)),
        DEADLINE_MS,
      );
      const settle = <T>(act: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          act(value);
        };
      };
      this.#replies.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#control!.write(JSON.stringify({ id, method, params }));
    });
  }

  /** A frame arrives at port `pN`. */
  async receive(portNo: number, frame: Uint8Array): Promise<void> {
    await this.appctl('netdev-dummy/receive', `p${portNo}`, Buffer.from(frame).toString('hex'));
  }

  /** The frames that have left by a port since the last call; `br0` is LOCAL. */
  async newFrames(port: string): Promise<readonly Uint8Array[]> {
    const pcap = await readFile(this.#pcap(port));
    const frames: Uint8Array[] = [];
    let at = this.#readUpTo.get(port) ?? PCAP_HEADER;
    while (at + PCAP_RECORD_HEADER <= pcap.length) {
      const length = pcap.readUInt32LE(at + 8);
      if (at + PCAP_RECORD_HEADER + length > pcap.length) break;
      frames.push(pcap.subarray(at + PCAP_RECORD_HEADER, at + PCAP_RECORD_HEADER + length));
      at += PCAP_RECORD_HEADER + length;
    }
    this.#readUpTo.set(port, at);
    return frames;
  }

  /** A connection as a controller has it, by the bridge's management socket. */
  async openflow(version: 1 | 4): Promise<OpenflowClient> {
    const socket = connect(join(this.#directory, 'br0.mgmt'));
    await once(socket, 'connect', { signal: AbortSignal.timeout(DEADLINE_MS) });
    return OpenflowClient.greet(socket, version);
  }

  async stop(): Promise<void> {
    this.#control?.destroy();
    for (const target of ['ovs-vswitchd', 'ovsdb-server']) {
      // Either may not have started; then there is nothing to stop.
      await this.#run('ovs-appctl', '-T', '5', '-t', target, 'exit').catch(() => undefined);
      // A daemon that ends cleanly takes its pid file away last.
      const deadline = performance.now() + DEADLINE_MS;
      while (existsSync(join(this.#directory, `${target}.pid`)) && performance.now() < deadline) await setTimeout(10);
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Where the first JSON object of a text ends; 0 if it is not whole. Strings may hold braces. */
function objectEnd(text: string): number {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return i + 1;
  }
  return 0;
}

/** Sends messages and keeps those that come, in order. */
export class OpenflowClient {
  readonly #socket: Socket;
  readonly #version: 1 | 4;
  readonly #splitter = new FrameSplitter();
  #messages: Message[] = [];
  #xid = 0x10000;
  #wake: () => void = () => {};

  private constructor(socket: Socket, version: 1 | 4) {
    this.#socket = socket;
    this.#version = version;
    socket.on('data', (chunk: Buffer) => {
      for (const frame of this.#splitter.push(chunk)) this.#messages.push(decodeMessage(frame.slice()));
      this.#wake();
    });
  }

  static async greet(socket: Socket, version: 1 | 4): Promise<OpenflowClient> {
    const client = new OpenflowClient(socket, version);
    const elements = version === 1 ? [] : [versionBitmap([version])];
    client.send({ version, type: 'hello', xid: 0, elements });
    await client.until((messages) => messages.some(({ type }) => type === 'hello'));
    client.take();
    return client;
  }

  send(message: Message): void {
    this.#socket.write(encodeMessage(message));
  }

  /** One message as it is. */
  sendRaw(message: Uint8Array): void {
    this.#socket.write(message);
  }

  /** Waits until what has come so far satisfies the condition; rejects if it has not by the deadline. */
  async until(isEnough: (messages: readonly Message[]) => boolean, deadlineMs = DEADLINE_MS): Promise<void> {
    const deadline = AbortSignal.timeout(deadlineMs);
    while (!isEnough(this.#messages)) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        deadline.addEventListener('abort', () => reject(new Error('Open vSwitch did not answer in time')), {
          once: true,
        });
      });
    }
  }

  /** The messages that came before the reply to a barrier sent now, and since the last take. */
  async barrier(): Promise<readonly Message[]> {
    const xid = this.#xid++;
    this.send({ version: this.#version, type: 'barrierRequest', xid });
    const isReply = (message: Message) => message.type === 'barrierReply' && message.xid === xid;
    await this.until((messages) => messages.some(isReply));
    return this.take().filter((message) => !isReply(message));
  }

  /** Hands over what has come. */
  take(): readonly Message[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  close(): void {
    this.#socket.destroy();
  }
}
