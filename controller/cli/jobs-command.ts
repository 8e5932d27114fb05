// `lark jobs`: who is registered. The list is fetched page by page until it is whole.

import { type Command, Option } from 'commander';
import type { JobPage } from '../northbound/job-routes.ts';
import type { JobView } from '../northbound/lark-api.ts';
import { getJson } from './client.ts';
import type { CommandContext } from './context.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { formatFields, formatTable } from './table.ts';
import { printJson, styleFor } from './terminal.ts';

interface JobsOptions {
  readonly user?: string;
  readonly group?: string;
  readonly machine?: string;
  readonly address?: string;
  readonly switch?: string;
  readonly state?: string;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ lark jobs                               all jobs
  $ lark jobs --user alice                  those of one user
  $ lark jobs --group group_physics         those of an accounting group and its subgroups
  $ lark jobs --address 10.1.0.17           who has this address
  $ lark jobs --switch rack2                those at one switch
  $ lark jobs --state waiting               those whose switch is not connected
  $ lark jobs --json | jq -r '.jobs[].key'  the keys, for a script
  $ lark jobs 'schedd#7.0#1700000000|1|wn1|slot1@wn1'
                                            one job, by its key

ENFORCED says how: "port" (only its own addresses leave its port, and only it gets them), "by-address" (no port is known:
another host could use its address), "unenforced" (a NAT job, which shares its host's address), "waiting" (its switch is not
connected, so it is not admitted yet).
`;

/** What `--state` takes, as /v1/jobs does. */
export const ENFORCEMENTS = [
  'port',
  'by-address',
  'unenforced',
  'waiting',
] as const satisfies readonly JobView['enforcement'][];

export function registerJobsCommand(program: Command, context: CommandContext): void {
  program
    .command('jobs')
    .summary('list the registered jobs')
    .description('Lists the jobs that the running Lark knows, or shows one of them.')
    .argument('[KEY]', "one job's key, as the list shows it")
    .option('--user <name>', 'only jobs of this user')
    .option('--group <name>', 'only jobs of this accounting group or its subgroups')
    .option('--machine <name>', 'only jobs on this worker node')
    .option('--address <ip>', 'only the job with this address')
    .option('--switch <name>', 'only jobs at this switch, by name or datapath id')
    .addOption(new Option('--state <how>', 'only jobs that are enforced so').choices(ENFORCEMENTS))
    .option('--json', 'print JSON as /v1/jobs has it')
    .addHelpText('after', EXAMPLES)
    .action(context.run((key: string | undefined, options: JobsOptions) => jobs(context, key, options)));
}

async function jobs(context: CommandContext, key: string | undefined, options: JobsOptions): Promise<ExitCode> {
  const { json, ...filters } = options;
  if (key !== undefined) {
    if (Object.keys(filters).length > 0) {
      throw new CliError(ExitCode.USAGE, 'Give a KEY or filters, not both.');
    }
    return showOne(context, key, json === true);
  }
  const found = await fetchAll(context, { ...filters });
  if (json) printJson(context.terminal, { jobs: found, total: found.length });
  else if (found.length === 0) context.terminal.out('No job matches.\n');
  else context.terminal.out(formatTable(COLUMNS, found, styleFor(context.terminal).bold));
  return ExitCode.OK;
}

async function fetchAll(
  context: CommandContext,
  filter: Readonly<Record<string, string | undefined>>,
): Promise<readonly JobView[]> {
  const all: JobView[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await getJson<JobPage>(context.client(), '/v1/jobs', { ...filter, limit: '1000', cursor });
    if (page === undefined) throw new CliError(ExitCode.UNREACHABLE, 'This Lark has no /v1/jobs.');
    all.push(...page.jobs);
    if (page.next === null) return all;
    cursor = page.next;
  }
}

async function showOne(context: CommandContext, key: string, asJson: boolean): Promise<ExitCode> {
  const job = await getJson<JobView>(context.client(), `/v1/jobs/${encodeURIComponent(key)}`);
  if (job === undefined) throw new CliError(ExitCode.NO, `No job is registered under the key '${key}'.`);
  if (asJson) {
    printJson(context.terminal, job);
    return ExitCode.OK;
  }
  context.terminal.out(
    formatFields([
      ['user', job.user],
      ['accounting group', job.accountingGroup],
      ['global job id', job.globalJobId],
      ['start', job.start],
      ['machine', job.machine],
      ['slot', job.slot],
      ['addresses', job.addresses.join(', ')],
      ['MAC', job.mac],
      ['enforced', job.enforcement],
      ['switch', job.location === null ? null : `${job.location.switch} (${job.location.dpid})`],
      ['port', job.location === null ? null : `${job.location.port} (${job.location.portNo})`],
      ['lease ends', job.leaseEndsAt],
      ['key', job.key],
    ]),
  );
  return ExitCode.OK;
}

const COLUMNS = [
  { title: 'USER', text: (job: JobView) => job.user },
  { title: 'GROUP', text: (job: JobView) => job.accountingGroup },
  { title: 'ADDRESSES', text: (job: JobView) => job.addresses.join(',') },
  { title: 'MACHINE', text: (job: JobView) => job.machine },
  { title: 'SWITCH', text: (job: JobView) => job.location?.switch ?? null },
  { title: 'PORT', text: (job: JobView) => job.location?.port ?? null },
  { title: 'ENFORCED', text: (job: JobView) => job.enforcement },
  { title: 'LEASE ENDS', text: (job: JobView) => job.leaseEndsAt },
  { title: 'KEY', text: (job: JobView) => job.key },
];
