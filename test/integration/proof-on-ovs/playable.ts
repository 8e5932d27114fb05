// Which of the proof's sequences can be played beside one real switch: those that need neither its own time nor its ports to
// change, nor connection tracking, which the model switch has not.

import type { Command, Sequence } from '../../proof/sequence.ts';

const KEPT: ReadonlySet<Command['do']> = new Set([
  'register',
  'remove',
  'connect',
  'disconnect',
  'send',
  'move',
  'hold-barriers',
  'hold-store',
  'restart',
  'reload',
  'settle',
]);

/** As much of it as can. */
export function playable(any: Sequence): Sequence {
  const without = <P extends string>(policy: P) => (policy === 'narrow' ? 'full' : policy);
  return {
    ...any,
    policy: without(any.policy),
    switches: [{ ...any.switches[0]!, room: undefined }],
    commands: any.commands
      .filter((command) => KEPT.has(command.do))
      .map((command) => (command.do === 'reload' ? { ...command, policy: without(command.policy) } : command)),
  };
}

export function isPlayable({ policy, switches, commands }: Sequence): boolean {
  return (
    policy !== 'narrow' &&
    switches.length === 1 &&
    switches[0]!.room === undefined &&
    commands.every((command) => KEPT.has(command.do) && !(command.do === 'reload' && command.policy === 'narrow'))
  );
}
