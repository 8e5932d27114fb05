// A host of the laboratory: a network namespace with one interface, eth0, on a veth pair whose other end is a port of a
// bridge. Checksum offload is off, without which TCP through the user-space datapath stalls; addresses are static and
// usable at once (no duplicate address detection), and nothing is sent that no one asked for (no router solicitations).

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { type CommandOptions, command, LabError } from './command.ts';

export interface HostOptions {
  /** The network namespace. */
  readonly name: string;
  /** The veth end in the laboratory's root namespace, which becomes the bridge's port; at most 15 characters. */
  readonly portName: string;
  /** `02:00:00:01:00:11` */
  readonly mac: string;
  /** With prefix lengths, such as `10.1.0.11/16` or `2001:db8:1::11/48`. */
  readonly addresses: readonly string[];
  /** Default routes: an IPv4 and/or an IPv6 address. */
  readonly gateways?: readonly string[];
  /** Default: on when an IPv6 address is given. Off, the host sends no IPv6 at all. */
  readonly ipv6?: boolean;
}

export interface PingResult {
  readonly sent: number;
  readonly received: number;
}

// Run inside the namespace before eth0 comes up. $1: 1 to switch IPv6 off, 0 to leave it on.
const SET_UP = `set -eu
for i in all default eth0; do
  f=/proc/sys/net/ipv6/conf/$i
  [ -d $f ] || continue
  echo 0 > $f/accept_dad; echo 0 > $f/accept_ra; echo 0 > $f/autoconf; echo 0 > $f/router_solicitations
  echo "$1" > $f/disable_ipv6
done
echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce
ethtool -K eth0 tx off > /dev/null`;

export class LabHost {
  readonly name: string;
  readonly portName: string;
  readonly mac: string;

  constructor(options: HostOptions) {
    this.name = options.name;
    this.portName = options.portName;
    this.mac = options.mac;
  }

  /** Standard output of a command in the host; rejects with a LabError when it fails. */
  exec(file: string, args: readonly string[], options?: CommandOptions): Promise<string> {
    return command('ip', ['netns', 'exec', this.name, file, ...args], options);
  }

  spawn(file: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.name, file, ...args], options);
  }

  /** `count` echo requests, 100 ms apart; waits `waitMs` after the last one. Lost ones are counted, not an error. */
  async ping(address: string, { count = 2, waitMs = 500, intervalMs = 100, source = '' } = {}): Promise<PingResult> {
    const args = ['-n', '-q', '-c', `${count}`, '-i', `${intervalMs / 1000}`, '-W', `${waitMs / 1000}`];
    if (source !== '') args.push('-I', source);
    const text = await this.exec('ping', [...args, address]).catch((error: unknown) => {
      // ping exits 1 when nothing came back, and says so on its standard output; anything else is a real fault.
      if (error instanceof LabError && error.message.includes('packets transmitted')) return error.message;
      throw error;
    });
    const match = /(\d+) packets transmitted, (\d+) received/.exec(text);
    if (match === null) throw new LabError('LAB_COMMAND_FAILED', `ping printed no summary: ${text}`);
    return { sent: Number(match[1]), received: Number(match[2]) };
  }

  /** Ends the namespace and its port. Its processes must have ended before. */
  async remove(): Promise<void> {
    await command('ip', ['link', 'del', this.portName]);
    await command('ip', ['netns', 'del', this.name]);
  }
}

/** Makes the namespace and the veth pair; the port is up but on no bridge yet. */
export async function createHost(options: HostOptions): Promise<LabHost> {
  checkNames(options);
  const ipv6 = options.ipv6 ?? options.addresses.some((address) => address.includes(':'));
  const { name, portName } = options;
  await command('ip', ['netns', 'add', name]);
  await command('ip', ['link', 'add', portName, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name]);
  await quiet(portName);
  await command('ip', ['netns', 'exec', name, 'sh', '-c', SET_UP, 'sh', ipv6 ? '0' : '1']);
  const addresses = options.addresses.map(
    (address) => `addr add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`,
  );
  const routes = (options.gateways ?? []).map((gateway) => `route add default via ${gateway}`);
  const lines = [`link set eth0 address ${options.mac}`, ...addresses, 'link set lo up', 'link set eth0 up', ...routes];
  await command('ip', ['link', 'set', portName, 'up']);
  await command('ip', ['-n', name, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  return new LabHost(options);
}

/** Keeps the kernel from sending IPv6 of its own into the bridge from a port's root end. */
export async function quiet(interfaceName: string): Promise<void> {
  await writeFile(`/proc/sys/net/ipv6/conf/${interfaceName}/disable_ipv6`, '1').catch(() => {
    // A kernel without IPv6 sends none.
  });
}

// The values go into lines of `ip -batch`, so each must be one plain word.
function checkNames(options: HostOptions): void {
  const check = (what: string, value: string, pattern: RegExp): void => {
    if (!pattern.test(value)) throw new LabError('LAB_BAD_ARGUMENT', `${what} "${value}" does not match ${pattern}`);
  };
  check('host name', options.name, /^[a-z][\w.-]{0,30}$/i);
  check('port name', options.portName, /^[a-z][\w.-]{0,14}$/i);
  check('MAC address', options.mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i);
  for (const address of options.addresses) check('address', address, /^[0-9a-f.:]+\/\d{1,3}$/i);
  for (const gateway of options.gateways ?? []) check('gateway', gateway, /^[0-9a-f.:]+$/i);
}
