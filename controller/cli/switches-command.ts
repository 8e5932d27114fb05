// `lark switches`: which switches are connected, and the ports of one.

import type { Command } from 'commander';
import type { ForgottenSwitch, PortView, SwitchView } from '../northbound/lark-api.ts';
import { getJson, postJson } from './client.ts';
import type { CommandContext } from './context.ts';
import { CliError, ExitCode } from './exit-code.ts';
import { formatFields, formatTable } from './table.ts';
import { printJson, type Style, styleFor } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ lark switches                           all connected switches
  $ lark switches core                      one of them and its ports, by name
  $ lark switches 00:00:00:1a:a0:09:fb:c9   the same by datapath id
  $ lark switches --json                    for a script

A switch that is missing here is not connected: compare its controller address with \`openflow.listen\` in the policy
file ("ovs-vsctl get-controller BRIDGE"), and see the log for "refused".
`;

const FORGET_EXAMPLES = `
Examples:
  $ lark switches forget 00:00:00:1a:a0:09:fb:c9   it was taken out of service, or its tables were wiped

If it does come back after all, Lark mends it when it connects; but until then it goes on by its old rules, for addresses that
other jobs may have by now.
`;

export function registerSwitchesCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('switches')
    .summary('list the connected switches')
    .description('Lists the switches that are connected to the running Lark, or shows one of them with its ports.')
    .argument('[SWITCH]', 'a name or datapath id')
    .option('--json', 'print JSON as /v1/switches has it')
    .addHelpText('after', EXAMPLES)
    .action(
      context.run((wanted: string | undefined, options: { readonly json?: true }) =>
        switches(context, wanted, options.json === true),
      ),
    );
  command
    .command('forget')
    .summary('release what is held back for a switch that will not come back')
    .description(
      'Says that a switch which is away will not come back with old rules, so that the addresses held back for it are free. ' +
        'Needs a token that may write or, where the policy file has no tokens, the host that Lark runs on.',
    )
    .argument('<DPID>', 'its datapath id')
    .option('--json', 'print JSON: { dpid, freed }')
    .addHelpText('after', FORGET_EXAMPLES)
    .action(context.run((dpid: string, _options: object, own: Command) => forget(context, dpid, asksForJson(own))));
}

/** commander takes an option that the command above has, too, for that one's. */
function asksForJson(command: Command): boolean {
  return command.optsWithGlobals<{ readonly json?: true }>().json === true;
}

async function forget(context: CommandContext, dpid: string, asJson: boolean): Promise<ExitCode> {
  const path = `/v1/switches/${encodeURIComponent(dpid)}/forget`;
  const answer = await postJson<ForgottenSwitch>(context.client(), path);
  const { dpid: forgotten, freed } = answer;
  if (asJson) {
    printJson(context.terminal, answer);
    return ExitCode.OK;
  }
  const said = freed.length === 0 ? 'No address was held back for it alone.' : `Free now: ${freed.join(', ')}.`;
  context.terminal.out(`Switch ${forgotten} is forgotten. ${said}\n`);
  return ExitCode.OK;
}

async function switches(context: CommandContext, wanted: string | undefined, asJson: boolean): Promise<ExitCode> {
  const { terminal } = context;
  const style = styleFor(terminal);
  const answer = await getJson<{ readonly switches: readonly SwitchView[] }>(context.client(), '/v1/switches');
  if (answer === undefined) throw new CliError(ExitCode.UNREACHABLE, 'This Lark has no /v1/switches.');
  if (wanted === undefined) {
    if (asJson) printJson(terminal, answer);
    else if (answer.switches.length === 0) terminal.out('No switch is connected.\n');
    else terminal.out(formatTable(switchColumns(style), answer.switches, style.bold));
    return ExitCode.OK;
  }
  const dpid = wanted.replaceAll(':', '').toLowerCase();
  const found = answer.switches.filter((view) => view.name === wanted || view.dpid === dpid);
  const [view] = found;
  if (view === undefined) throw new CliError(ExitCode.NO, `No switch '${wanted}' is connected.`);
  if (found.length > 1) {
    const dpids = found.map((one) => one.dpid).join(', ');
    throw new CliError(ExitCode.USAGE, `'${wanted}' names several switches; give a datapath id: ${dpids}.`);
  }
  if (asJson) printJson(terminal, view);
  else terminal.out(describe(view, style));
  return ExitCode.OK;
}

function describe(view: SwitchView, style: Style): string {
  const fields = formatFields([
    ['name', view.name],
    ['datapath id', view.dpid],
    ['OpenFlow', view.version],
    ['state', view.state],
    ['pipeline', view.pipeline],
    ['peer', view.peer],
    ['connected', view.connectedAt],
    ['hosts learned', view.hosts],
    ['rules', roomText(view)],
    ["rules of others before Lark's", view.foreignRules.length],
  ]);
  const ports = [...view.ports].sort((a, b) => a.portNo - b.portNo);
  return ports.length === 0 ? fields : `${fields}\n${formatTable(portColumns(style), ports, style.bold)}`;
}

function switchColumns(style: Style) {
  return [
    { title: 'NAME', text: (view: SwitchView) => view.name },
    { title: 'DPID', text: (view: SwitchView) => view.dpid },
    { title: 'OPENFLOW', text: (view: SwitchView) => view.version },
    { title: 'STATE', text: (view: SwitchView) => view.state },
    { title: 'PIPELINE', text: (view: SwitchView) => view.pipeline },
    { title: 'PORTS UP', align: 'right' as const, text: portsUp, paint: anyDown(style) },
    { title: 'HOSTS', align: 'right' as const, text: (view: SwitchView) => view.hosts },
    { title: 'RULES', align: 'right' as const, text: (view: SwitchView) => view.rules, paint: isCramped(style) },
    { title: 'PEER', text: (view: SwitchView) => view.peer },
    { title: 'CONNECTED', text: (view: SwitchView) => view.connectedAt },
  ];
}

function roomText({ rules, room }: SwitchView): string {
  const share = room.share === 0 ? '' : `, ${Math.round(room.share * 100)} % of the room`;
  return `${rules}${share}${room.leftOut === 0 ? '' : `; ${room.leftOut} groups left out`}`;
}

const isCramped = (style: Style) => (view: SwitchView) =>
  view.room.share >= 0.8 || view.room.leftOut > 0 || view.foreignRules.length > 0 ? style.yellow : undefined;

function portsUp(view: SwitchView): string {
  const held = view.ports.filter((port) => port.held).length;
  const up = `${view.ports.filter((port) => port.up).length}/${view.ports.length}`;
  return held === 0 ? up : `${up}, ${held} held`;
}

const anyDown = (style: Style) => (view: SwitchView) =>
  view.ports.some((port) => !port.up || port.held) ? style.yellow : undefined;

function portColumns(style: Style) {
  return [
    { title: 'PORT', align: 'right' as const, text: (port: PortView) => port.portNo },
    { title: 'NAME', text: (port: PortView) => port.name },
    { title: 'ROLE', text: (port: PortView) => port.role },
    {
      title: 'LINK',
      text: (port: PortView) => `${port.up ? 'up' : 'down'}${port.held ? ', held' : ''}`,
      paint: (port: PortView) => (port.held ? style.yellow : port.up ? style.green : style.red),
    },
    { title: 'MAC', text: (port: PortView) => port.mac },
  ];
}
