// The dashboard in a real browser, on the demo's network: real Open vSwitch, real traffic, the built command. With RECORD=1 it makes the
// pictures of docs/dashboard.md.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LarkProcess } from '../../mininet/demo/lark-process.ts';
import type { OvsStage } from '../../mininet/demo/ovs-stage.ts';
import { perform } from '../../mininet/demo/perform.ts';
import { ACTORS } from '../../mininet/demo/story.ts';
import { command } from '../../mininet/lab/command.ts';
import { projectRoot } from '../../mininet/lab/enter.ts';
import { barriers, openPage, startBrowser, type WatchedPage } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';

const DESKTOP = { width: 1100, height: 1000 };
const PHONE = { width: 400, height: 800 };
/** Not loopback, so that with tokens reading needs one, too. */
const ADDRESS = '198.51.100.1';
const HOSTILE = '<img src=x onerror="document.title=1">';

let directory: string;
let stage: OvsStage;
let lark: LarkProcess;
let browser: Browser;
let url: string;
const traffic: ChildProcess[] = [];
const opened: WatchedPage[] = [];

beforeAll(async () => {
  directory = await mkdtemp('/run/lark-dashboard-');
  await command('ip', ['addr', 'add', `${ADDRESS}/32`, 'dev', 'lo']);
  const policyFile = join(projectRoot(), 'mininet', 'policy.yaml');
  [stage, lark, browser] = await Promise.all([
    (await builtStage()).create('1.3', join(directory, 'ovs')),
    LarkProcess.start(policyFile),
    startBrowser(),
  ]);
  const { isAsExpected } = await perform(stage, lark, await readFile(policyFile, 'utf8'), () => {});
  expect(isAsExpected).toBe(true);
  const { host, port } = lark.addresses.http;
  url = `http://${host}:${port}/dashboard/`;
  await registerHostile();
  ping('alice-1', '10.1.0.12', 1400);
  ping('bob', '203.0.113.10', 400);
  // The story has given mallory the addresses that ARP would not.
  ping('mallory', '10.1.254.7', 56);
});

afterEach(async () => {
  const faults = opened.flatMap((each) => each.faults);
  for (const { page } of opened.splice(0)) await page.context().close();
  expect(faults).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all(traffic.map(endOf));
  await lark?.stop();
  await stage?.stop();
  // Else the next file's hosts, whose ports have the same names, find them taken.
  for (const { name, portName } of ACTORS) {
    await command('ip', ['link', 'del', portName]);
    await command('ip', ['netns', 'del', name]);
  }
  await command('ip', ['addr', 'del', `${ADDRESS}/32`, 'dev', 'lo']);
  await rm(directory, { recursive: true, force: true });
});

/** Built, since it starts programs beside itself. */
async function builtStage(): Promise<typeof OvsStage> {
  const built = await import(join(projectRoot(), 'dist', 'mininet', 'demo', 'ovs-stage.js'));
  return built.OvsStage;
}

/** Until the end of the tests, a hundred times a second. */
function ping(from: string, to: string, size: number): void {
  const args = ['netns', 'exec', from, 'ping', '-n', '-q', '-i', '0.01', '-s', `${size}`, to];
  traffic.push(spawn('ip', args, { stdio: 'ignore' }));
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

/** A job whose user's name is a page's text in the hands of whoever forgets that it is one. */
async function registerHostile(): Promise<void> {
  const body = JSON.stringify({
    jobAd: `[ Owner = ${JSON.stringify(HOSTILE)}; GlobalJobId = ${JSON.stringify(`x#${HOSTILE}`)}; JobStartDate = 1 ]`,
    machine: 'wn021.example.edu',
    slot: 'slot9',
    ipv4: '10.1.0.16',
    mac: '02:00:00:01:00:16',
    interface: 'veth-stranger',
  });
  const { host, port } = lark.addresses.http;
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`http://${host}:${port}/v1/jobs`, { method: 'POST', headers, body });
  expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
}

async function open(options: Parameters<typeof openPage>[2] = {}, query = '', from = url): Promise<Page> {
  const watched = await openPage(browser, `${from}${query}`, { viewport: DESKTOP, ...options });
  opened.push(watched);
  return watched.page;
}

/** How many pixels of the chart have the colour of the first line. */
const MARKS_OF_FIRST_LINE = `(() => {
  const canvas = document.querySelector('#rates-chart canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let marks = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] === 0x0b && data[i + 1] === 0x62 && data[i + 2] === 0xb8) marks += 1;
  return marks;
})()`;

const rowOf = (page: Page, table: string, text: string) => page.locator(`${table} tbody tr`).filter({ hasText: text });

async function settled(page: Page): Promise<void> {
  await page.locator('#connection[data-state=live]').waitFor();
  await page.locator('#rates-table tbody tr').first().waitFor();
  await page.locator('#pool-users', { hasText: /^\d+$/ }).waitFor();
}

/** @param afterMs so that the chart has something to show. */
async function record(page: Page, name: string, afterMs = 0): Promise<void> {
  if (process.env.RECORD !== '1') return;
  await page.waitForTimeout(afterMs);
  await page.screenshot({ path: join(projectRoot(), 'docs', 'pictures', `${name}.png`) });
}

/** Each place of the policy file that a table names, and whether it stands in one piece. */
const PLACES_WHOLE = `[...document.querySelectorAll('.origin')].map(({ firstChild }) => {
  const topAt = (index) => {
    const range = document.createRange();
    range.setStart(firstChild, index);
    range.setEnd(firstChild, index + 1);
    return range.getBoundingClientRect().top;
  };
  const { data } = firstChild;
  return [data, topAt(data.indexOf('(')) === topAt(data.length - 1)];
})`;

/** Of the whole page: without it there is nothing to the right to scroll to. */
const widthOf = (page: Page) => page.evaluate('document.documentElement.scrollWidth');

describe('the dashboard', () => {
  it('shows the pool at a glance', { timeout: 120_000 }, async () => {
    const page = await open({ deviceScaleFactor: 1.5 });
    await settled(page);
    await record(page, 'dashboard-light', 45_000);
    const tiles = await page.locator('.tile').evaluateAll((all) => all.map((each) => each.textContent));
    expect(tiles).toEqual([
      expect.stringMatching(/^Switches1the rules of all are right/),
      expect.stringMatching(/^Links2.*all up/),
      expect.stringMatching(/^Jobs66 at their own port/),
      expect.stringMatching(/^Users5/),
      expect.stringMatching(/^Policypolicy\.yaml4 policies, 2 zones, in force for/),
    ]);
    expect(await rowOf(page, '#pool-switches', 'larkdemo').textContent()).toContain('multi-table');
    // A link that goes down is told of, and so is its return.
    await stage.ovs.ofctl('larkdemo', ['mod-port', 'alt0', 'down']);
    await page.locator('.tile.bad', { hasText: 'down: larkdemo alt0' }).waitFor();
    await stage.ovs.ofctl('larkdemo', ['mod-port', 'alt0', 'up']);
    await page.locator('.tile.bad').waitFor({ state: 'detached' });
  });

  it('shows what users and groups send now, with the keyboard', async () => {
    const page = await open({ provoked: [/getImageData/] });
    const sent = (name: string) => rowOf(page, '#rates-table', name).locator('td[data-title=sent]');
    // A hundred packets of 1442 bytes a second are 1.15 Mbit/s; machines that are busy send fewer.
    await sent('alice')
      .filter({ hasText: /^(\d{3} kbit\/s|[1-9]\.\d\d Mbit\/s)$/ })
      .waitFor();
    await sent('bob')
      .filter({ hasText: /^[1-9]\S* kbit\/s$/ })
      .waitFor();
    await page.locator('#rates-chart canvas').waitFor();
    // A line of some seconds is short, and its edges are mixed with what is behind it.
    await eventually("alice's line", async () => Number(await page.evaluate(MARKS_OF_FIRST_LINE)) > 10, 20_000);
    await page.locator('[name=by][value=user]').focus();
    await page.keyboard.press('ArrowRight');
    await sent('group_cms.production')
      .filter({ hasText: /bit\/s$/ })
      .waitFor();
    await page.locator('#rates-pause').focus();
    await page.keyboard.press('Space');
    expect(await page.locator('#rates-pause').getAttribute('aria-pressed')).toBe('true');
    const at = await page.locator('#rates-table').textContent();
    const read = page.waitForRequest(/rates\/events/, { timeout: 2500 }).then(
      () => 'asked',
      () => 'silent',
    );
    expect(await read).toBe('silent');
    expect(await page.locator('#rates-table').textContent()).toBe(at);
    await page.keyboard.press('Space');
    await eventually('the rates to go on', async () => (await page.locator('#rates-table').textContent()) !== at);
  });

  it('shows what policies drop, and the line of the file that says so', async () => {
    const page = await open({ colorScheme: 'dark', deviceScaleFactor: 1.5 }, '?src=10.1.0.13&dst=10.1.0.11');
    const drop = rowOf(page, '#drops-table', 'jobs of mallory').first();
    await drop.waitFor({ timeout: 30_000 });
    expect(await drop.textContent()).toMatch(
      /^.*jobs of mallory(several|zone license-server)block-users \(policy\.yaml:\d+:\d+\)/,
    );
    expect(await drop.locator('code.line').textContent()).toBe('- block-users: [mallory]');
    const packets = (await drop.locator('[data-title=packets]').textContent())?.replaceAll(',', '');
    expect(Number(packets)).toBeGreaterThan(100);
    await page.locator('#explain-result table').waitFor();
    const places = (await page.evaluate(PLACES_WHOLE)) as [string, boolean][];
    expect(places.map(([text]) => text)).toContainEqual(
      expect.stringMatching(/^isolate-users \(policy\.yaml:\d+:\d+\)$/),
    );
    expect(places.filter(([, isWhole]) => !isWhole)).toEqual([]);
    await page.evaluate("document.querySelector('#drops').scrollIntoView({ behavior: 'instant' })");
    await record(page, 'dashboard-dark');
  });

  it('says why A cannot reach B, can be asked by its address alone, and says what is wrong with a question', async () => {
    const page = await open();
    await page.locator('#explain-form [name=src]').fill('10.1.0.13');
    await page.locator('#explain-form [name=dst]').fill('10.1.0.11');
    await page.keyboard.press('Enter');
    const verdict = page.locator('#explain-verdict.drop');
    await verdict.waitFor();
    expect(await verdict.textContent()).toContain('Dropped: jobs of different users');
    const facts = page.locator('#explain-result .facts');
    expect(await facts.textContent()).toMatch(/by policy isolate-users \(policy\.yaml:\d+:\d+\)- isolate-users: true/);
    expect(await rowOf(page, '#explain-result', 'drop').last().textContent()).toContain('isolate-users');

    const again = await open({ provoked: [/status of 400/] }, new URL(page.url()).search);
    await again.locator('#explain-verdict.drop').waitFor();
    await again.locator('#explain-swap').click();
    await again.locator('#explain-result .facts dd', { hasText: '10.1.0.11: job of alice' }).first().waitFor();
    expect(new URL(again.url()).search).toBe('?src=10.1.0.11&dst=10.1.0.13');
    await again.locator('#explain-form [name=src]').fill('10.1.0.999');
    await again.keyboard.press('Enter');
    await again.locator('#explain-trouble', { hasText: "'src' is not an IP address: '10.1.0.999'" }).waitFor();
    expect(await again.locator('#explain-verdict').textContent()).toBe('');
  });

  it('plans a pasted policy, and leads to what is wrong in it', async () => {
    const page = await open({ provoked: [/status of 422/] });
    const text = page.locator('#plan-text');
    const plan = page.locator('#plan-form button[type=submit]');
    await page.locator('#plan-load').click();
    await page.locator('#plan-said', { hasText: 'the file in force' }).waitFor();
    const inForce = await text.inputValue();
    expect(inForce).toBe(await readFile(join(projectRoot(), 'mininet', 'policy.yaml'), 'utf8'));
    await text.fill(inForce.replace('isolate-users: true', 'isolate-users: false'));
    await plan.click();
    const changes = page.locator('#plan-result .changes');
    await changes.waitFor();
    expect(await changes.textContent()).toMatch(/drop by isolate-users.*→ forward in queue default/);
    expect(await page.locator('#plan-result').textContent()).toContain('larkdemo (1.3, multi-table): ');

    await text.fill(inForce.replace('isolate-users', 'isolate-user'));
    await plan.click();
    const place = page.locator('#plan-result .problems button').first();
    await place.click();
    const line = inForce.split('\n').findIndex((each) => each.includes('isolate-users: true'));
    const at = await text.evaluate((area) => Number((area as unknown as { selectionStart: number }).selectionStart));
    expect(inForce.slice(0, at).split('\n').length - 1).toBe(line);
    expect((await lark.explain('10.1.0.13', '10.1.0.11')).verdict.action).toBe('drop');
  });

  it('asks for nothing while nobody sees it, and catches up', async () => {
    const page = await open();
    await settled(page);
    const ended = Promise.all(
      [/v1\/events/, /rates\/events/].map((path) =>
        page.waitForEvent('requestfailed', (request) => path.test(request.url())),
      ),
    );
    const become = (isHidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, value: ${isHidden} });
        document.dispatchEvent(new Event('visibilitychange'));`);
    await become(true);
    await ended;
    await stage.ovs.ofctl('larkdemo', ['mod-port', 'alt0', 'down']);
    const asked = page.waitForRequest(/v1\/events/);
    await become(false);
    expect((await asked).headers()['last-event-id']).toMatch(/-\d+$/);
    await page.locator('.tile.bad', { hasText: 'down: larkdemo alt0' }).waitFor();
    await stage.ovs.ofctl('larkdemo', ['mod-port', 'alt0', 'up']);
    await page.locator('.tile.bad').waitFor({ state: 'detached' });
  });

  it('takes names of users and jobs for text', async () => {
    const page = await open();
    await rowOf(page, '#rates-table', HOSTILE).waitFor();
    await page.locator('#jobs summary').click();
    await page.locator('#jobs-form [name=address]').fill('10.1.0.16');
    await page.keyboard.press('Enter');
    await page.locator('#jobs-count', { hasText: '1 job.' }).waitFor();
    expect(await rowOf(page, '#jobs-table', HOSTILE).locator('th').textContent()).toBe(`x#${HOSTILE}`);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('Lark');
  });
});

describe('for everybody', () => {
  /** With all that can be on the page. */
  async function full(options: Parameters<typeof openPage>[2]): Promise<Page> {
    const page = await open(options, '?src=10.1.0.13&dst=10.1.0.11');
    await settled(page);
    await page.locator('#explain-result table').waitFor();
    await page.locator('#plan-load').click();
    await page.locator('#plan-said', { hasText: 'the file in force' }).waitFor();
    await page.locator('#plan-text').press('End');
    await page.locator('#plan-form [name=rules]').check();
    const text = await page.locator('#plan-text').inputValue();
    await page.locator('#plan-text').fill(text.replace('isolate-users: true', 'isolate-users: false'));
    await page.locator('#plan-form button[type=submit]').click();
    await page.locator('#plan-result .rules').waitFor();
    await page.locator('#jobs summary').click();
    await page.locator('#jobs-table table').waitFor();
    return page;
  }

  it.each([
    ['light', DESKTOP],
    ['dark', DESKTOP],
    ['light', PHONE],
  ] as const)('has no barriers, and nothing beyond its right edge: %s, %o', async (colorScheme, viewport) => {
    const page = await full({ colorScheme, viewport, deviceScaleFactor: 1.5 });
    expect(await barriers(page)).toEqual([]);
    expect(await widthOf(page)).toBe(viewport.width);
    expect(((await page.evaluate(PLACES_WHOLE)) as [string, boolean][]).filter(([, isWhole]) => !isWhole)).toEqual([]);
    if (viewport !== PHONE) return;
    await page.evaluate("document.querySelector('#drops').scrollIntoView({ behavior: 'instant' })");
    await record(page, 'dashboard-phone');
  });

  it('is found amiss by axe where it is', async () => {
    const page = await open();
    await page.evaluate(`const field = document.querySelector('#explain-form [name=switch]');
      field.closest('label').replaceWith(field);
      document.querySelector('#pool-title').style.color = '#ccc';`);
    const found = (await barriers(page)).join('\n');
    expect(found).toContain('label: ');
    expect(found).toContain('color-contrast: ');
  });

  it('is used with the keyboard alone: everything is reached, in order, and seen to be', async () => {
    const fresh = await open();
    await settled(fresh);
    await fresh.keyboard.press('Tab');
    expect(await fresh.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    expect(await fresh.evaluate('document.activeElement.getBoundingClientRect().top')).toBeGreaterThanOrEqual(0);
    const page = await full({});
    // What can be used, but of radio buttons only the chosen one: the others are reached by arrows.
    const usable = (await page.evaluate(`[...document.querySelectorAll('a, button, input, select, textarea, summary')]
      .filter((each) => each.checkVisibility() && !(each.type === 'radio' && !each.checked)).length`)) as number;
    await page.locator('.skip').focus();
    const tops: number[] = [];
    for (let i = 1; i < usable; i++) {
      await page.keyboard.press('Tab');
      const [top, outline] = (await page.evaluate(`(() => {
        const focused = document.activeElement;
        return [focused.getBoundingClientRect().top + scrollY, getComputedStyle(focused).outlineStyle];
      })()`)) as [number, string];
      tops.push(Math.round(top));
      expect([i, outline]).toEqual([i, 'solid']);
    }
    // Down the page, line by line.
    expect(tops.every((top, i) => top >= (tops[i - 1] ?? 0) - 40)).toBe(true);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
  });
});

describe('a Lark with tokens', () => {
  let guarded: LarkProcess;
  let policyFile: string;
  let from: string;
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    policyFile = join(directory, 'guarded.yaml');
    const script = join(projectRoot(), 'dist', 'controller', 'cli', 'lark.js');
    let lines = '';
    for (const scope of ['read', 'write']) {
      const out = join(directory, `${scope}.token`);
      const child = spawn(process.execPath, [script, 'token', scope, '--scope', scope, '--out', out]);
      child.stdout.on('data', (text: Buffer) => {
        lines += text;
      });
      await once(child, 'close');
      tokens[scope] = (await readFile(out, 'utf8')).trim();
    }
    await writeFile(join(directory, 'tokens'), lines, { mode: 0o600 });
    await writeFile(
      policyFile,
      `openflow: { listen: 127.0.0.1:16653 }\nhttp: { listen: "${ADDRESS}:18080", tokens: tokens }\njobs: { listen: 127.0.0.1:19620 }\npolicies: [{ isolate-users: true }]\n`,
    );
    guarded = await LarkProcess.start(policyFile);
    from = `http://${ADDRESS}:18080/dashboard/`;
  });
  afterAll(() => guarded?.stop());

  async function give(page: Page, token: string): Promise<void> {
    await page.locator('#token-dialog[open]').waitFor();
    await page.locator('#token-form [name=token]').fill(token);
    // The dialog may close and open again at once.
    const used = page.waitForRequest((request) => request.headers().authorization === `Bearer ${token}`);
    await page.keyboard.press('Enter');
    await used;
  }

  it('is asked with the token that people are asked for, in this tab alone', async () => {
    const page = await open({ provoked: [/status of 40[13]/] }, '', from);
    await page.locator('#token-reason', { hasText: 'This needs a token' }).waitFor();
    expect(await barriers(page)).toEqual([]);
    expect(await page.locator('.tile').count()).toBe(0);
    await give(page, 'wrong');
    await page.locator('#token-reason', { hasText: 'none that Lark knows' }).waitFor();
    await give(page, tokens.read!);
    await page.locator('#connection[data-state=live]').waitFor();
    await page.locator('#rates-note', { hasText: 'No job is registered' }).waitFor();

    await page.locator('#plan-text').fill('policies: []\n');
    await page.locator('#plan-form button[type=submit]').click();
    await page.locator('#token-reason', { hasText: 'has the scope read, and this needs write' }).waitFor();
    await give(page, tokens.write!);
    await page.locator('#plan-said', { hasText: /^A reload would be refused: .* No verdict changes\.$/ }).waitFor();
    await page.reload();
    await page.locator('#connection[data-state=live]').waitFor();
    const stored = await page.evaluate('[localStorage.length, document.cookie, Object.values(sessionStorage)]');
    expect(stored).toEqual([0, '', [tokens.write]]);
  });

  it('is tried at /docs with the token that the page is given', async () => {
    const page = await open({}, '', from.replace('/dashboard/', '/docs'));
    await page.locator('.btn.authorize').click();
    await page.locator('.auth-container input').fill(tokens.read!);
    await page.locator('.auth-btn-wrapper .authorize').click();
    await page.locator('.auth-btn-wrapper .btn-done').click();
    const status = page.locator('.opblock', { has: page.locator('[data-path="/v1/status"]') });
    await status.locator('.opblock-summary-control').click();
    await status.locator('.try-out__btn').click();
    await status.locator('.execute').click();
    await status.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    await status.locator('.live-responses-table', { hasText: '"uptimeSec"' }).waitFor();
    // It asks nothing but this Lark, which openPage watches; and keeps the token no longer than the page is open.
    expect(await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]')).toEqual([0, 0, '']);
  });

  it('is left alone by who declines', async () => {
    const page = await open({ provoked: [/status of 401/] }, '', from);
    await page.locator('#token-dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#pool-trouble', { hasText: 'This needs a token' }).waitFor();
    expect(await page.locator('#token-dialog[open]').count()).toBe(0);
  });

  it('is missed when it is away, and found when it is back', async () => {
    const page = await open({ provoked: [/status of 40[13]/] }, '', from);
    await give(page, tokens.read!);
    const { faults } = opened[0]!;
    await page.locator('#connection[data-state=live]').waitFor();
    await guarded.stop();
    await page.locator('#connection[data-state=lost]', { hasText: 'Not live: ' }).waitFor();
    guarded = await LarkProcess.start(policyFile);
    await page.locator('#connection[data-state=live]').waitFor();
    await page.locator('#rates-trouble').waitFor({ state: 'hidden' });
    // What the browser itself says of an address where nobody listens.
    expect(
      faults
        .splice(0)
        .filter((fault) => !/ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED|CONNECTION_RESET|EMPTY_RESPONSE)/.test(fault)),
    ).toEqual([]);
  });
});
