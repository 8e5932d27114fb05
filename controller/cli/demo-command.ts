// `lark demo`: the whole story on a network that it makes and removes again. The demo itself is part of the laboratory
// (mininet/demo), which the service never loads.

import { type Command, Option } from 'commander';
import type { CommandContext } from './context.ts';

const EXAMPLES = `
Examples:
  $ sudo lark demo              a private Open vSwitch, jobs as network namespaces, real packets
  $ lark demo --model           without root: a model switch that speaks OpenFlow over loopback
  $ lark demo --openflow 1.0    with OpenFlow 1.0 only, instead of once with each version
  $ sudo lark demo --keep       leave it up to play with; it says how to end it

Exits with 0 where every row of its table came out as the policy says, and with 1 where one did not.
`;

interface Given {
  readonly keep?: true;
  readonly json?: true;
  readonly model?: true;
  readonly openflow: '1.0' | '1.3' | 'both';
}

export function registerDemoCommand(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .summary('show Lark at work on a network of its own')
    .description(
      'Starts a switch, jobs, hosts and Lark, sends real packets, and compares who was reached with the policy.',
    )
    .option('--keep', 'leave everything up until interrupted')
    .option('--model', 'use the embedded model switch even where Open vSwitch could be used')
    .addOption(
      new Option('--openflow <version>', 'the OpenFlow version to speak')
        .choices(['1.0', '1.3', 'both'])
        .default('both'),
    )
    .option('--json', 'print the table as JSON')
    .addHelpText('after', EXAMPLES)
    .action(
      context.run(async (options: Given) => {
        const { keep = false, json = false, model = false, openflow } = options;
        return context.parts.runDemo({ keep, json, model, version: openflow });
      }),
    );
}
