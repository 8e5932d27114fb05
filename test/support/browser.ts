// Debian's Chromium for tests of pages: every page that it opens is watched for errors, for what its Content-Security-Policy refuses, and
// for requests to elsewhere.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findProgram } from '../../mininet/lab/enter.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface WatchedPage {
  readonly page: Page;
  /** What should not have been, one line each. */
  readonly faults: string[];
}

/** Rejects where there is no Chromium. */
export function startBrowser(): Promise<Browser> {
  const executablePath = findProgram('chromium');
  if (executablePath === undefined) throw new Error('chromium is not installed: run `node mininet/prepare.mjs test`');
  // Tests run as root and in containers, where Chromium's own sandbox and a large /dev/shm are not to be had.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
}

/**
 * Opens a page, and does not wait for the network: a page with an open stream never goes idle.
 * @param provoked what the browser says because of what the test does.
 */
export async function openPage(
  browser: Browser,
  url: string,
  { provoked = [], ...options }: BrowserContextOptions & { readonly provoked?: readonly RegExp[] } = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ timezoneId: 'UTC', ...options });
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`threw: ${error}`));
  page.on('dialog', (dialog) => {
    faults.push(`opened a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    const text = message.text();
    const isProvoked = provoked.some((each) => each.test(text));
    if (['error', 'warning'].includes(message.type()) && !isProvoked) faults.push(`said: ${text}`);
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) faults.push(`asked elsewhere: ${request.url()}`);
  });
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return { page, faults };
}

/**
 * What is amiss for people with disabilities, one line each: what axe-core finds (WCAG 2.2 A and AA, and best practices), and fields
 * without a label, where axe takes a placeholder for one.
 */
export async function barriers(page: Page): Promise<readonly string[]> {
  // By the debugger, which the page's policy does not bind.
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate('axe.run()')) as {
    violations: { id: string; help: string; nodes: { target: string[]; failureSummary?: string }[] }[];
  };
  const unlabelled = (await page.evaluate(`[...document.querySelectorAll('input, select, textarea')]
    .filter(({ labels }) => labels.length === 0).map(({ name }) => 'no label: ' + name)`)) as string[];
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${help}: ${target.join(' ')}: ${failureSummary}`),
  );
  return [...found, ...unlabelled];
}
