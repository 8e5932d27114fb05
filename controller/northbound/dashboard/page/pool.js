// The section of the pool: what is there, at a glance.

import { askJson } from './api.js';
import { byId, fill, h, table, troubleIn } from './dom.js';
import { count, duration, listed } from './format.js';
import { learnPolicy } from './policy-text.js';

/** @typedef {import('../../lark-api.ts').StatusView} StatusView */
/** @typedef {import('../../lark-api.ts').SwitchView} SwitchView */
/** @typedef {import('../../lark-api.ts').RatesView} RatesView */

const EVERY_MS = 10_000;
const LEAST_MS = 1000;
/** A large pool is asked as often as it can bear: about a tenth of the time goes into it. */
const REST_FACTOR = 9;
/** An answer may also have waited for somebody to give a token. */
const MOST_REST_MS = 30_000;
const MOST_SWITCHES = 100;
const LINK_ROLES = ['fabric', 'wan', 'alternate'];

/** @returns {{ refresh: () => void, first: Promise<void> }} `first`: when it has been tried once */
export function startPool() {
  const trouble = troubleIn(byId('pool-trouble', HTMLParagraphElement));
  let isRunning = false;
  let isWanted = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let earliest = 0;

  const run = async () => {
    isRunning = true;
    isWanted = false;
    const begun = performance.now();
    try {
      const [status, { switches }] = await Promise.all([
        /** @type {Promise<StatusView>} */ (askJson('v1/status')),
        /** @type {Promise<{ switches: readonly SwitchView[] }>} */ (askJson('v1/switches')),
      ]);
      await learnPolicy(status.policy);
      showTiles(status, switches);
      showSwitches(switches);
      trouble.clear();
      void showUsers();
    } catch (error) {
      trouble.show(error);
    }
    const now = performance.now();
    earliest = now + Math.min(MOST_REST_MS, Math.max(LEAST_MS, REST_FACTOR * (now - begun)));
    isRunning = false;
    plan();
  };
  const plan = () => {
    if (isRunning) return;
    clearTimeout(timer);
    const wait = isWanted ? earliest - performance.now() : Math.max(EVERY_MS, earliest - performance.now());
    timer = setTimeout(look, Math.max(0, wait));
  };
  const look = () => {
    // While nobody sees it nothing is asked; the stream of events that begins when somebody does asks for it.
    if (!document.hidden) {
      void run();
      return;
    }
    isWanted = false;
    plan();
  };
  return {
    refresh: () => {
      isWanted = true;
      plan();
    },
    first: run(),
  };
}

/**
 * @param {string} title
 * @param {string} value
 * @param {{ note: string, isBad?: boolean, id?: string }} more
 */
function tile(title, value, { note, isBad = false, id }) {
  return h(
    'div',
    { class: isBad ? 'tile bad' : 'tile' },
    h('dt', {}, title),
    h('dd', { class: 'value', id }, value),
    h('dd', { class: 'note' }, note),
  );
}

let users = '…';

/**
 * @param {StatusView} status
 * @param {readonly SwitchView[]} switches
 */
function showTiles({ version, uptimeSec, policy, switches: counts, mendsWaiting, jobs }, switches) {
  const { connected, mended, away } = counts;
  const all = Object.values(jobs).reduce((sum, number) => sum + number, 0);
  const links = switches.flatMap(({ name, ports }) =>
    ports.filter(({ role }) => LINK_ROLES.includes(role)).map((port) => ({ ...port, text: `${name} ${port.name}` })),
  );
  const down = links.filter(({ up }) => !up).map(({ text }) => text);
  const mending = connected - mended;
  const mends = mending === 0 ? 'the rules of all are right' : `${count(mending, 'switch', 'switches')} being mended`;
  const waiting = mendsWaiting > 0 ? [`${mendsWaiting} waiting for it`] : [];
  fill(
    byId('pool-tiles', HTMLDListElement),
    tile('Switches', String(connected), {
      note: [mends, ...waiting, ...(away.length > 0 ? [`away: ${listed(away)}`] : [])].join('; '),
      isBad: away.length > 0,
    }),
    tile('Links', down.length === 0 ? String(links.length) : `${links.length - down.length} of ${links.length}`, {
      note: down.length === 0 ? 'fabric, WAN and alternate ports, all up' : `down: ${listed(down)}`,
      isBad: down.length > 0,
    }),
    tile('Jobs', all.toLocaleString('en'), {
      note: Object.entries(jobs)
        .filter(([, number]) => number > 0)
        .map(([state, number]) => `${number} ${ENFORCED[/** @type {keyof typeof ENFORCED} */ (state)]}`)
        .join('; '),
      isBad: jobs.unenforced + jobs.waiting > 0,
    }),
    tile('Users', users, { note: 'with a registered job', id: 'pool-users' }),
    policyTile(policy),
  );
  byId('version', HTMLSpanElement).textContent = `Lark ${version}, up for ${duration(uptimeSec)}`;
}

const ENFORCED = {
  port: 'at their own port',
  'by-address': 'by address alone',
  unenforced: 'not enforced',
  waiting: 'waiting for their switch',
};

/** @param {StatusView['policy']} policy */
function policyTile({ file, ageSec, policies, zones, warnings, refused }) {
  const parts = [
    `${count(policies, 'policy', 'policies')}, ${count(zones, 'zone')}, in force for ${duration(ageSec)}`,
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ];
  if (refused !== null) {
    const [first] = refused.problems;
    const place = first?.line == null ? '' : ` (line ${first.line})`;
    parts.unshift(`the file on the disk was refused: ${first?.message ?? count(refused.total, 'problem')}${place}`);
  }
  const name = file === null ? 'none' : (file.split('/').at(-1) ?? file);
  return tile('Policy', name, { note: parts.join('; '), isBad: refused !== null });
}

/** Told apart from the rest, since a first reading of the switches' counters takes a second. */
async function showUsers() {
  try {
    const rates = /** @type {RatesView} */ (await askJson('v1/rates', { query: { by: 'user', limit: '1' } }));
    users = rates.total.toLocaleString('en');
    byId('pool-users', HTMLElement).textContent = users;
  } catch {
    // Said already, or by the next refresh.
  }
}

/** @param {readonly SwitchView[]} switches */
function showSwitches(switches) {
  const shown = switches
    .toSorted((a, b) => Number(a.state === 'up') - Number(b.state === 'up') || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_SWITCHES);
  const more = switches.length - shown.length;
  fill(
    byId('pool-switches', HTMLDivElement),
    shown.length === 0
      ? h('p', { class: 'note' }, 'No switch is connected.')
      : table('Connected switches', SWITCH_COLUMNS, shown),
    more > 0 && h('p', { class: 'note' }, `And ${more} more: lark switches lists all.`),
  );
}

/** @type {readonly import('./dom.js').Column<SwitchView>[]} */
const SWITCH_COLUMNS = [
  { title: 'switch', cell: ({ name, dpid }) => h('bdi', { title: dpid }, name) },
  { title: 'state', cell: ({ state }) => state },
  { title: 'OpenFlow', cell: ({ version, pipeline }) => `${version}, ${pipeline}` },
  {
    title: 'ports up',
    // Its own port is not one of the network's.
    cell: ({ ports }) => {
      const all = ports.filter(({ role }) => role !== 'local');
      return `${all.filter(({ up }) => up).length} of ${all.length}`;
    },
    isNumber: true,
  },
  { title: 'hosts', cell: ({ hosts }) => hosts.toLocaleString('en'), isNumber: true },
  { title: 'rules', cell: ({ rules }) => rules.toLocaleString('en'), isNumber: true },
  {
    title: 'room used',
    cell: ({ room }) => {
      if (room.share === 0 && room.leftOut === 0) return 'no limit known';
      const left = room.leftOut > 0 ? `, ${count(room.leftOut, 'group')} left out` : '';
      return `${Math.round(room.share * 100)} %${left}`;
    },
    isNumber: true,
  },
  { title: 'foreign rules', cell: ({ foreignRules }) => foreignRules.length, isNumber: true },
];
