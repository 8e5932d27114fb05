// What a support bundle is made of: each part has a name in the bundle, says what it is, and is read by itself, so that one that
// cannot be had does not keep the others out.

import { type FileHandle, open } from 'node:fs/promises';
import { arch, cpus, freemem, release, totalmem, type } from 'node:os';
import type { JobPage } from '../northbound/job-routes.ts';
import type { RuleView, SwitchView } from '../northbound/lark-api.ts';
import { type ClientOptions, getJson, getText } from './client.ts';
import { keptEvents } from './event-stream.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { redactJson, redactText, redactYaml } from './redact.ts';

export interface SupportPart {
  /** Its path in the bundle. */
  readonly path: string;
  readonly what: string;
  /** Redacted. */
  read(): Promise<string>;
}

export interface SupportOptions {
  readonly client: ClientOptions;
  /** Of the command, not of the Lark that is asked. */
  readonly version: string;
  /** A file with the log. */
  readonly log: string | undefined;
  readonly withAds: boolean;
  readonly signal: AbortSignal;
}

/** The end of a log that is longer. */
const MOST_LOG_BYTES = 8 * 1024 * 1024;

/** What needs no Lark. */
export function ownParts({ client, version, log }: SupportOptions): readonly SupportPart[] {
  const known = secretsOf(client);
  const parts: SupportPart[] = [
    {
      path: 'client.json',
      what: 'the command and the machine that it ran on',
      read: async () =>
        json({
          lark: version,
          node: process.version,
          system: `${type()} ${release()} ${arch()}`,
          cpus: cpus().length,
          memoryBytes: { total: totalmem(), free: freemem() },
          url: redactText(client.url),
        }),
    },
  ];
  if (log !== undefined) {
    parts.push({
      path: 'lark.log',
      what: `the end of the log, up to ${MOST_LOG_BYTES / 1024 / 1024} MiB`,
      read: async () => redactText(await endOfFile(log), known),
    });
  }
  return parts;
}

/** What Lark is asked for beside its switches. */
export function larkParts({ client, withAds, signal }: SupportOptions): readonly SupportPart[] {
  const known = secretsOf(client);
  const asJson = (path: string, what: string, resource: string): SupportPart => ({
    path,
    what,
    read: async () => json(redactJson(await getJson(client, resource, {}, signal), known)),
  });
  return [
    asJson('status.json', 'version, policy file, switches and jobs in short (/v1/status)', '/v1/status'),
    { path: 'ready.txt', what: 'whether it is ready, and why not (/readyz)', read: () => readiness(client) },
    {
      path: 'policy.yaml',
      what: 'the policy file in force, as it was read',
      read: async () => redactYaml(await getText(client, '/v1/policy/file'), known),
    },
    {
      path: 'metrics.txt',
      what: 'the metrics (/metrics)',
      read: async () => redactText(await getText(client, '/metrics'), known),
    },
    asJson('switches.json', 'the connected switches and their ports (/v1/switches)', '/v1/switches'),
    {
      path: 'jobs.json',
      what: 'the registered jobs: whose, where and with which addresses, without their ads (/v1/jobs)',
      read: async () => json(redactJson(await allJobs(client, signal), known)),
    },
    {
      path: 'events.jsonl',
      what: 'the latest events (/v1/events)',
      read: async () => {
        const { events } = await keptEvents(client, undefined, signal);
        return events
          .map(({ id, event, data }) => `${JSON.stringify(redactJson({ id, event, ...data }, known))}\n`)
          .join('');
      },
    },
    ...(withAds
      ? [
          asJson('classes.json', 'the endpoint classes, with attributes of ads (/v1/classes)', '/v1/classes'),
          {
            path: 'state.json',
            what: 'the state for lark plan --state, with the attributes of ads that policies may ask about (/v1/state)',
            read: async () => redactState(await getText(client, '/v1/state'), known),
          },
        ]
      : []),
  ];
}

/** For each switch. */
export function switchParts(
  { client, signal }: SupportOptions,
  switches: readonly SwitchView[],
): readonly SupportPart[] {
  const known = secretsOf(client);
  return switches.flatMap(({ name, dpid }): SupportPart[] => [
    {
      path: `switches/${dpid}/rules.txt`,
      what: `the rules of switch ${name}, as it told them`,
      read: async () => redactText(await allRules(client, dpid, signal), known),
    },
    {
      path: `switches/${dpid}/queues.json`,
      what: `the queues of switch ${name}`,
      read: async () => json(redactJson(await getJson(client, `/v1/switches/${dpid}/queues`, {}, signal), known)),
    },
  ]);
}

/** Ads are shown where they are asked for; what else is in them that looks like a secret is none of ours to judge. */
function redactState(text: string, known: readonly string[]): string {
  const state = JSON.parse(text) as { policy?: { text?: string } };
  const policy = state.policy && { ...state.policy, text: redactYaml(state.policy.text ?? '', known) };
  return json(redactJson({ ...state, policy }, known));
}

async function readiness(client: ClientOptions): Promise<string> {
  try {
    return await getText(client, '/readyz');
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode === ExitCode.UNREACHABLE) throw error;
    return `${error.message}\n`;
  }
}

async function allJobs(client: ClientOptions, signal: AbortSignal) {
  const jobs: unknown[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await getJson<JobPage>(client, '/v1/jobs', { limit: '1000', cursor }, signal);
    jobs.push(...(page?.jobs ?? []));
    if (page === undefined || page.next === null) return { jobs, total: jobs.length };
    cursor = page.next;
  }
}

interface RulePage {
  readonly rules: readonly RuleView[];
  readonly next: string | null;
}

async function allRules(client: ClientOptions, dpid: string, signal: AbortSignal): Promise<string> {
  const lines: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const path = `/v1/switches/${dpid}/rules`;
    const page = await getJson<RulePage>(client, path, { limit: MOST_RULES, cursor }, signal);
    if (page === undefined) throw new CliError(ExitCode.NO, 'The switch is not connected any more.');
    lines.push(...page.rules.map(ruleLine));
    if (page.next === null) return lines.join('');
    cursor = page.next;
  }
}

const MOST_RULES = '10000';

/** In the notation of `ovs-ofctl dump-flows`. */
function ruleLine({ table, priority, match, actions, packets, bytes, cookie, policy, place }: RuleView): string {
  const who = policy == null ? '' : `  # ${policy}${place == null ? '' : ` (${place})`}`;
  const matched = match === '' ? `priority=${priority}` : `priority=${priority},${match}`;
  return `cookie=${cookie}, table=${table}, n_packets=${packets}, n_bytes=${bytes}, ${matched} actions=${actions}${who}\n`;
}

async function endOfFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const found = await file.stat();
    const { bytes, isCut } = found.isFile() ? await endOfRegular(file, found.size) : await endOfStream(file);
    const text = bytes.toString('utf8');
    // Not the rest of a line, whose beginning might have said that it is a secret.
    return isCut ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    await file.close();
  }
}

interface End {
  readonly bytes: Buffer;
  /** There was more before it. */
  readonly isCut: boolean;
}

async function endOfRegular(file: FileHandle, size: number): Promise<End> {
  const length = Math.min(size, MOST_LOG_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
  return { bytes: buffer.subarray(0, bytesRead), isCut: length < size };
}

/** Of a pipe, such as /dev/stdin: no more of it is kept than is wanted, and what is read next. */
async function endOfStream(file: FileHandle): Promise<End> {
  const kept: Buffer[] = [];
  let length = 0;
  let isCut = false;
  for await (const chunk of file.createReadStream({ autoClose: false })) {
    kept.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    while (length - kept[0]!.length > MOST_LOG_BYTES) {
      length -= kept.shift()!.length;
      isCut = true;
    }
  }
  const all = Buffer.concat(kept);
  const from = Math.max(0, all.length - MOST_LOG_BYTES);
  return { bytes: all.subarray(from), isCut: isCut || from > 0 };
}

function secretsOf({ token }: ClientOptions): readonly string[] {
  return token === undefined ? [] : [token];
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
