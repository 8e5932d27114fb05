// `lark explain`: what happens to packets from one address to another, who decided it, and which rules carry it out.
// Its exit code is the verdict, so that a script can ask "may A reach B?".

import type { Command } from 'commander';
import type { EndpointExplanation, Explanation, RuleView } from '../northbound/lark-api.ts';
import { getJson } from './client.ts';
import type { CommandContext } from './context.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { formatTable } from './table.ts';
import { printable, printJson, type Style, styleFor } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ lark explain 10.1.0.17 192.0.2.10       why can (or cannot) this job reach that address?
  $ lark explain 192.0.2.10 10.1.0.17       and the other way, which may differ
  $ lark explain 2001:db8:1::17 2001:db8::9
  $ lark explain --src 10.1.0.17 --dst 192.0.2.10 --switch core     only the rules of one switch
  $ lark explain 10.1.0.17 10.1.0.18 > /dev/null && echo allowed

Exits with 0 where the packets are forwarded, and with 1 where they are dropped. The rules are those that the switches
themselves reported just now; where a switch has none yet, it says why.
`;

export function registerExplainCommand(program: Command, context: CommandContext): void {
  program
    .command('explain')
    .summary('say why packets from SRC to DST are forwarded or dropped')
    .description(
      'Says which verdict holds for packets from SRC to DST, which policy made it, and which rules enforce it.',
    )
    .argument('[SRC]', 'the IP address that sends')
    .argument('[DST]', 'the IP address that it sends to')
    .option('--src <SRC>', 'the same, spelled out')
    .option('--dst <DST>', 'the same, spelled out')
    .option('--switch <SWITCH>', 'ask only this switch for its rules: a name or datapath id')
    .option('--json', 'print JSON as /v1/explain has it')
    .addHelpText('after', EXAMPLES)
    .action(
      context.run((source: string | undefined, destination: string | undefined, options: ExplainOptions) =>
        explain(context, [source, destination], options),
      ),
    );
}

interface ExplainOptions {
  readonly src?: string;
  readonly dst?: string;
  readonly switch?: string;
  readonly json?: true;
}

type Positional = readonly [source: string | undefined, destination: string | undefined];

async function explain(context: CommandContext, positional: Positional, options: ExplainOptions): Promise<ExitCode> {
  const query = { ...addresses(positional, options), switch: options.switch };
  const explanation = await getJson<Explanation>(context.client(), '/v1/explain', query);
  if (explanation === undefined)
    throw new CliError(ExitCode.NO, `No switch '${options.switch}' is known to this Lark.`);
  if (options.json === true) printJson(context.terminal, explanation);
  else context.terminal.out(describe(explanation, styleFor(context.terminal)));
  return explanation.verdict.action === 'forward' ? ExitCode.OK : ExitCode.NO;
}

/** Each once, in place or by its option. */
function addresses(
  [first, second]: Positional,
  options: ExplainOptions,
): { readonly src: string; readonly dst: string } {
  const given = [first, second].filter((each) => each !== undefined);
  const missing = (['src', 'dst'] as const).filter((name) => options[name] === undefined);
  if (given.length !== missing.length) {
    const problem =
      given.length > missing.length
        ? 'too many addresses'
        : `missing required argument '${missing[given.length]!.toUpperCase()}'`;
    const usage = 'lark explain SRC DST, or lark explain --src SRC --dst DST. Try --help.';
    throw new CliError(ExitCode.USAGE, `${problem}: ${usage}`);
  }
  const src = options.src ?? given.shift()!;
  return { src, dst: options.dst ?? given.shift()! };
}

function describe(explanation: Explanation, style: Style): string {
  const { source, destination, verdict, rules, silentSwitches } = explanation;
  const action = verdict.action === 'drop' ? style.red('DROP') : style.green('FORWARD');
  const isUnasked = verdict.policy === null && [source, destination].some((end) => end.type === 'unregistered');
  const lines = [
    ...endpoint('from', source),
    ...endpoint('to  ', destination),
    '',
    `${action}  ${printable(verdict.reason)}`,
    `      decided ${isUnasked ? 'before any policy is asked' : `by ${decidedBy(verdict.policy, verdict.place)}`}`,
  ];
  for (const [label, part] of [
    ['queue', verdict.queue],
    ['via', verdict.via],
  ] as const) {
    if (part !== null)
      lines.push(`      ${label} ${printable(part.name)}, set by ${decidedBy(part.policy, part.place)}`);
  }
  for (const [label, part] of [
    ['only replies', verdict.connections],
    [`DSCP ${verdict.mark?.value}`, verdict.mark],
    [`VLAN ${verdict.vlan?.value}`, verdict.vlan],
  ] as const) {
    if (part != null) lines.push(`      ${label}, set by ${decidedBy(part.policy, part.place)}`);
  }
  for (const { reason, policy, place } of verdict.audited ?? []) {
    lines.push(style.yellow(`      audit: ${printable(reason)}; not enforced, by ${decidedBy(policy, place)}`));
  }
  lines.push('');
  if (rules.length === 0) lines.push('No switch has a rule for these addresses now.');
  else lines.push('Rules on the switches:', formatTable(RULE_COLUMNS, rules, style.bold).trimEnd());
  for (const without of explanation.withoutRules ?? []) {
    lines.push(`${printable(without.switch)}: ${printable(without.reason)}.`);
  }
  if (silentSwitches.length > 0) {
    lines.push(
      '',
      style.yellow(`Did not answer in time, so their rules are missing here: ${silentSwitches.join(', ')}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

function endpoint(label: string, end: EndpointExplanation): readonly string[] {
  const attributes = Object.entries(end.attributes).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const first = `${label}  ${end.address}  ${printable(what(end))}`;
  return attributes.length === 0 ? [first] : [first, `      ${printable(attributes.join(', '))}`];
}

function what(end: EndpointExplanation): string {
  switch (end.type) {
    case 'job':
      return `job of ${end.user ?? 'unknown'} (${end.name ?? 'no key'})`;
    case 'zone':
      return `zone ${end.name ?? 'wan'}`;
    case 'local':
      return 'local address';
    case 'unregistered':
      return 'job address that no registered job has';
  }
}

function decidedBy(policy: string | null, place: string | null): string {
  const name = policy === null ? 'no policy: the default' : `policy ${policy}`;
  return printable(place === null ? name : `${name} (${place})`);
}

const RULE_COLUMNS = [
  { title: 'SWITCH', text: (rule: RuleView) => rule.switch },
  { title: 'TABLE', align: 'right' as const, text: (rule: RuleView) => rule.table },
  { title: 'PRIORITY', align: 'right' as const, text: (rule: RuleView) => rule.priority },
  { title: 'PACKETS', align: 'right' as const, text: (rule: RuleView) => rule.packets },
  { title: 'BYTES', align: 'right' as const, text: (rule: RuleView) => rule.bytes },
  { title: 'COOKIE', text: (rule: RuleView) => rule.cookie },
  { title: 'MATCH', text: (rule: RuleView) => rule.match },
  { title: 'ACTIONS', text: (rule: RuleView) => rule.actions },
  { title: 'DECIDED BY', text: policyBehind },
];

/** Nothing for a rule that carries out no verdict. */
function policyBehind({ policy, place }: RuleView): string {
  if (policy === undefined) return '';
  return policy === null ? '(default)' : `${policy}${place == null ? '' : ` (${place})`}`;
}
