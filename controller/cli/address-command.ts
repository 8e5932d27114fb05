// `lark address`: addresses that Lark leases to jobs which are yet to be registered.

import type { Command } from 'commander';
import type { AddressLeasesView, AddressLeaseView, ReleasedLease } from '../northbound/lark-api.ts';
import { deleteJson, getJson, postJson } from './client.ts';
import type { CommandContext } from './context.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { readGiven } from './https-fetch.ts';
import { formatTable } from './table.ts';
import { printJson, styleFor } from './terminal.ts';

interface LeaseOptions {
  readonly jobAd: string;
  readonly machine?: string;
  readonly slot?: string;
  readonly lease?: string;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ lark address                        who has leased which address
  $ lark address list --json            for a script
  $ lark address lease --job-ad .job.ad --machine wn021 --slot slot1_3@wn021
  $ lark address release 'schedd#7.0#1700000000|1|wn021|slot1_3@wn021'

A lease that is IN USE has its job registered, and ends when the job does.
`;

const LEASE_EXAMPLES = `
Examples:
  $ lark address lease --job-ad .job.ad --machine wn021 --slot slot1_3@wn021
  10.1.0.7/24 10.1.0.1

Prints a line an address: with the length of its network, and the gateway where the policy file names one. Asked again for the
same job in the same slot, it prints the same.
`;

export function registerAddressCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('address')
    .summary('list, lease and release addresses of jobs')
    .description('Lists the addresses that the running Lark has leased to jobs, from `addresses` of its policy file.')
    .addHelpText('after', EXAMPLES);
  command
    .command('list', { isDefault: true })
    .summary('list the leased addresses')
    .description('Lists the leased addresses.')
    .option('--json', 'print JSON as /v1/addresses has it')
    .action(context.run((options: { readonly json?: true }) => list(context, options.json === true)));
  command
    .command('lease')
    .summary('lease an address of each IP version for a job')
    .description('Leases an address of each IP version that there are pools of, for a job that is to be registered.')
    .requiredOption('--job-ad <file>', "a file with the job's ad")
    .option('--machine <name>', 'the worker node')
    .option('--slot <name>', 'its slot')
    .option('--lease <seconds>', 'how long it holds while the job is not registered')
    .option('--json', 'print JSON as POST /v1/addresses has it')
    .usage('--job-ad <file> [options]')
    .addHelpText('after', LEASE_EXAMPLES)
    .action(context.run((options: LeaseOptions) => lease(context, options)));
  command
    .command('release')
    .summary('end a lease whose job is not registered')
    .description('Ends a lease whose job is not registered; one that is in use ends with its job.')
    .argument('<KEY>', "the job's key, as the list shows it")
    .option('--json', 'print JSON: { key, released }')
    .action(
      context.run((key: string, options: { readonly json?: true }) => release(context, key, options.json === true)),
    );
}

async function list(context: CommandContext, asJson: boolean): Promise<ExitCode> {
  const { terminal } = context;
  const view = await getJson<AddressLeasesView>(context.client(), '/v1/addresses');
  if (view === undefined) throw new CliError(ExitCode.UNREACHABLE, 'This Lark has no /v1/addresses.');
  if (asJson) printJson(terminal, view);
  else if (view.pools.length === 0 && view.leases.length === 0) {
    terminal.out('The policy file has no `addresses`: nothing is leased.\n');
  } else if (view.leases.length === 0) terminal.out('No address is leased.\n');
  else terminal.out(formatTable(COLUMNS, view.leases.flatMap(rowsOf), styleFor(terminal).bold));
  return ExitCode.OK;
}

async function lease(context: CommandContext, options: LeaseOptions): Promise<ExitCode> {
  const { jobAd, machine, slot, lease: seconds, json } = options;
  const body = {
    jobAd: readAd(jobAd),
    ...(machine !== undefined && { machine }),
    ...(slot !== undefined && { slot }),
    ...(seconds !== undefined && { leaseSec: secondsIn(seconds) }),
  };
  const leased = await postJson<AddressLeaseView>(context.client(), '/v1/addresses', { json: body });
  if (json === true) printJson(context.terminal, leased);
  else {
    for (const { address, prefixLength, gateway } of leased.addresses) {
      context.terminal.out(`${address}/${prefixLength}${gateway === null ? '' : ` ${gateway}`}\n`);
    }
  }
  return ExitCode.OK;
}

async function release(context: CommandContext, key: string, asJson: boolean): Promise<ExitCode> {
  const answer = await deleteJson<ReleasedLease>(context.client(), `/v1/addresses/${encodeURIComponent(key)}`);
  if (asJson) printJson(context.terminal, answer);
  else context.terminal.out(`Free now: ${answer.released.join(', ')}.\n`);
  return ExitCode.OK;
}

function readAd(path: string): string {
  const text = readGiven('--job-ad', path);
  if (text.trim() === '')
    throw new CliError(ExitCode.USAGE, `--job-ad is '${path}', which is empty: expected the job's ad.`);
  return text;
}

function secondsIn(text: string): number {
  const seconds = Number(text);
  if (seconds > 0) return seconds;
  throw new CliError(ExitCode.USAGE, `--lease is '${text}', but must be a number of seconds, such as 900.`);
}

type Row = AddressLeaseView['addresses'][number] & { readonly lease: AddressLeaseView };

function rowsOf(lease: AddressLeaseView): readonly Row[] {
  return lease.addresses.map((address) => ({ ...address, lease }));
}

const COLUMNS = [
  { title: 'ADDRESS', text: (row: Row) => row.address },
  { title: 'POOL', text: (row: Row) => row.pool },
  { title: 'MACHINE', text: (row: Row) => row.lease.machine },
  { title: 'SLOT', text: (row: Row) => row.lease.slot },
  { title: 'ENDS', text: (row: Row) => row.lease.leaseEndsAt ?? 'IN USE' },
  { title: 'KEY', text: (row: Row) => row.lease.key },
];
