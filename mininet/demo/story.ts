// The demo's story: who is on the network, who talks to whom, and what must come of it. The expectations are written
// down here by hand from what mininet/policy.yaml is meant to do; nothing in them is asked of Lark. Both stages, real
// Open vSwitch and the model switch, play this same story.

export interface Actor {
  readonly name: string;
  /** What it is for the reader of the table. */
  readonly role: 'job' | 'unregistered' | 'wan' | 'alternate' | 'service';
  /** The bridge's port that leads to it, by name and OpenFlow number. */
  readonly portName: string;
  readonly portNo: number;
  readonly mac: string;
  /** With prefix lengths, IPv4 first. */
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  /** What its ad says, for a job. */
  readonly job?: { readonly user: string; readonly accountingGroup: string | undefined; readonly slot: number };
}

export interface Scene {
  /** Unique; it travels in the payload of the scene's probes, and so tells where they arrived. */
  readonly id: string;
  /** Names of actors. `to` is who the sender means; `expected.at` who should get it. */
  readonly from: string;
  readonly to: string;
  readonly source: string;
  readonly destination: string;
  /** One clause: why this is to be expected. */
  readonly because: string;
  readonly expected: Expectation;
}

export type Expectation =
  | {
      readonly outcome: 'reaches';
      /** The actor at which the packets arrive. */
      readonly at: string;
      /** The alternate port's name and the queue's name and id in the policy file, where the scene is about them. */
      readonly via?: string;
      readonly queue?: { readonly name: string; readonly id: number };
    }
  /** `policy` is who decides it: null where Lark itself does, since no policy is asked about unregistered addresses. */
  | { readonly outcome: 'dropped'; readonly policy: string | null };

export type DemoVersion = '1.0' | '1.3';

export const BRIDGE = 'larkdemo';
export const DPID = '000000000000d3e0';
export const WORKER_NODE = 'wn021.example.edu';
/** The queues that the network team made on wan0 beforehand: id to bits per second. */
export const WAN_QUEUES: ReadonlyMap<number, number> = new Map([
  [0, 1_000_000_000],
  [1, 250_000_000],
]);

const GATEWAYS = ['10.1.254.1', '2001:db8:1:ffff::1'];
const WAN_V4 = '203.0.113.10';
const WAN_ALLOWED = '203.0.113.99';
const WAN_V6 = '2001:db8:ffff::10';

function jobActor(name: string, number: number, user: string, accountingGroup: string | undefined): Actor {
  return {
    name,
    role: 'job',
    portName: `veth-${name}`,
    portNo: number,
    mac: `02:00:00:01:00:${number}`,
    addresses: [`10.1.0.${number}/16`, `2001:db8:1::${number}/48`],
    gateways: GATEWAYS,
    job: { user, accountingGroup, slot: number },
  };
}

export const ACTORS: readonly Actor[] = [
  jobActor('alice-1', 11, 'alice', 'group_cms.production'),
  jobActor('alice-2', 12, 'alice', 'group_cms.production'),
  jobActor('bob', 13, 'bob', 'group_physics.higgs'),
  jobActor('eve', 14, 'eve', 'group_atlas'),
  jobActor('mallory', 15, 'mallory', undefined),
  {
    name: 'stranger',
    role: 'unregistered',
    portName: 'veth-stranger',
    portNo: 16,
    mac: '02:00:00:01:00:16',
    addresses: ['10.1.0.16/16', '2001:db8:1::16/48'],
    gateways: GATEWAYS,
  },
  {
    name: 'license',
    role: 'service',
    portName: 'license0',
    portNo: 3,
    mac: '02:00:00:00:00:07',
    addresses: ['10.1.254.7/16'],
    gateways: [],
  },
  {
    name: 'wan',
    role: 'wan',
    portName: 'wan0',
    portNo: 1,
    mac: '02:00:00:00:00:02',
    // The gateway's own addresses, and hosts beyond it, all in one: nothing needs routing here.
    addresses: ['10.1.254.1/16', `${WAN_V4}/32`, `${WAN_ALLOWED}/32`, '2001:db8:1:ffff::1/48', `${WAN_V6}/128`],
    gateways: [],
  },
  {
    name: 'alternate',
    role: 'alternate',
    portName: 'alt0',
    portNo: 2,
    mac: '02:00:00:00:00:03',
    // The same WAN host, seen through the other door.
    addresses: ['10.1.254.2/16', `${WAN_V4}/32`, '2001:db8:1:ffff::2/48', `${WAN_V6}/128`],
    gateways: [],
  },
];

export function actor(name: string): Actor {
  const found = ACTORS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`the story has no actor "${name}"`);
  return found;
}

/** The actor's address of a family, or undefined if it has none. */
export function addressOf(who: Actor, family: 4 | 6): string | undefined {
  return who.addresses.map((address) => address.split('/')[0] ?? '').find((a) => a.includes(':') === (family === 6));
}

/** The actor whose MAC a frame to this scene's destination is addressed to: the destination itself, or the gateway. */
export function nextHop(scene: Scene): { readonly address: string; readonly mac: string } {
  const to = actor(scene.to);
  if (to.role !== 'wan' || GATEWAYS.includes(scene.destination)) return { address: scene.destination, mac: to.mac };
  return { address: GATEWAYS[scene.destination.includes(':') ? 1 : 0] ?? '', mac: to.mac };
}

const PHYSICS = { name: 'physics', id: 1 };
const DEFAULT = { name: 'default', id: 0 };
const drop = (policy: string | null): Expectation => ({ outcome: 'dropped', policy });
const reach = (at: string, more: { via?: string; queue?: typeof PHYSICS } = {}): Expectation => ({
  outcome: 'reaches',
  at,
  ...more,
});

type Line = readonly [from: string, to: string, family: 4 | 6, expected: Expectation, because: string, at?: WanEnds];
/** Addresses other than the actor's first one, where the scene is about them. */
interface WanEnds {
  readonly source?: string;
  readonly destination?: string;
}

const toWan = { destination: WAN_V4 };
const toAllowed = { destination: WAN_ALLOWED };

// Scenes of one sender are played in this order. Eve's first: she exchanges ARP with the gateway and talks to an
// allowed address behind it before she tries the denied one behind the same MAC address.
const IPV4: readonly Line[] = [
  ['alice-1', 'alice-2', 4, reach('alice-2'), 'jobs of one user may talk'],
  ['alice-1', 'bob', 4, drop('isolate-users'), 'jobs of different users may not'],
  ['alice-1', 'license', 4, reach('license'), 'isolation is between jobs only'],
  ['alice-1', 'wan', 4, reach('alternate', { via: 'i2' }), 'alice leaves by the alternate', toWan],
  ['bob', 'alice-1', 4, drop('isolate-users'), 'isolation holds in both directions'],
  ['bob', 'wan', 4, reach('wan', { queue: PHYSICS }), 'group_physics has a queue', toWan],
  ['bob', 'mallory', 4, drop('block-users'), 'nor does anyone reach the blocked'],
  ['bob', 'stranger', 4, drop(null), 'no job holds that address'],
  ['eve', 'wan', 4, reach('wan'), 'the gateway itself is on campus'],
  ['eve', 'wan', 4, reach('wan', { queue: DEFAULT }), 'allowed anyway', toAllowed],
  ['eve', 'wan', 4, drop('wan-access'), 'denied, behind the same gateway', toWan],
  ['eve', 'alice-2', 4, drop('isolate-users'), 'jobs of different users may not'],
  ['mallory', 'alice-1', 4, drop('block-users'), 'blocked'],
  ['mallory', 'license', 4, drop('block-users'), 'blocked'],
  ['mallory', 'wan', 4, drop('block-users'), 'blocked', toAllowed],
  ['stranger', 'license', 4, drop(null), 'what is not known fails closed'],
  ['stranger', 'alice-1', 4, drop(null), 'what is not known fails closed'],
  ['wan', 'bob', 4, reach('bob'), 'the WAN may reach bob', { source: WAN_V4 }],
  ['wan', 'eve', 4, reach('eve'), 'allowed anyway', { source: WAN_ALLOWED }],
  ['wan', 'eve', 4, drop('wan-access'), 'denied in both directions', { source: WAN_V4 }],
];

const toWan6 = { destination: WAN_V6 };
const IPV6: readonly Line[] = [
  ['alice-1', 'alice-2', 6, reach('alice-2'), 'jobs of one user may talk'],
  ['alice-1', 'bob', 6, drop('isolate-users'), 'jobs of different users may not'],
  ['alice-1', 'wan', 6, reach('alternate', { via: 'i2' }), 'alice leaves by the alternate', toWan6],
  ['bob', 'wan', 6, reach('wan', { queue: PHYSICS }), 'group_physics has a queue', toWan6],
  ['eve', 'wan', 6, drop('wan-access'), 'denied', toWan6],
  ['mallory', 'alice-1', 6, drop('block-users'), 'blocked'],
  ['stranger', 'alice-1', 6, drop(null), 'what is not known fails closed'],
  ['wan', 'bob', 6, reach('bob'), 'the WAN may reach bob', { source: WAN_V6 }],
];

/** The scenes for an OpenFlow version: 1.0 cannot match IPv6 addresses, so IPv6 is told in 1.3 alone. */
export function scenes(version: DemoVersion): readonly Scene[] {
  const lines = version === '1.3' ? [...IPV4, ...IPV6] : IPV4;
  return lines.map(([from, to, family, expected, because, ends = {}], index) => ({
    id: `scene-${index + 1}`,
    from,
    to,
    source: ends.source ?? required(from, family),
    destination: ends.destination ?? required(to, family),
    because,
    expected,
  }));
}

function required(name: string, family: 4 | 6): string {
  const address = addressOf(actor(name), family);
  if (address === undefined) throw new Error(`"${name}" has no IPv${family} address`);
  return address;
}
