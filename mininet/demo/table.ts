// The demo's results for people. Pure: results in, lines out. Two lines a scene: who, what policy says, what happened;
// and below it the rule that carried it out. A scene that differs is followed by what differs.

import { basename } from 'node:path';
import type { SceneResult } from './judge.ts';
import type { DemoRun } from './perform.ts';

type Paint = (style: keyof typeof STYLES, text: string) => string;
const STYLES = { bold: 1, dim: 2, red: 31, green: 32 } as const;

export function paint(useColours: boolean): Paint {
  return (style, text) => (useColours ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text);
}

export function renderRun(run: DemoRun, useColours: boolean): string {
  const colour = paint(useColours);
  const place = run.stage === 'ovs' ? 'Open vSwitch' : 'the model switch';
  const header = ['', 'from', 'to', 'address', 'policy says', 'what really happened'];
  const rows = run.results.map((result) => [
    result.differences.length === 0 ? '✓' : '✗',
    result.scene.from,
    result.scene.to,
    addresses(result),
    policySays(result),
    reality(result),
  ]);
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  const body = run.results.flatMap((result, i) => {
    const isRight = result.differences.length === 0;
    const text = line(rows[i] ?? []);
    return [
      `${colour(isRight ? 'green' : 'red', text.slice(0, 1))}${text.slice(1)}`,
      ...detailLines(result).map((detail) => colour('dim', `     ${detail}`)),
      ...result.differences.map((difference) => colour('red', `   ! ${difference}`)),
    ];
  });
  const wrong = run.results.filter(({ differences }) => differences.length > 0).length;
  const count = run.results.length;
  const sum = wrong === 0 ? colour('green', `all ${count} as expected`) : colour('red', `${wrong} of ${count} differ`);
  return [
    '',
    colour('bold', `OpenFlow ${run.version} on ${place}`),
    colour('bold', line(header)),
    ...body,
    '',
    `OpenFlow ${run.version} on ${place}: ${sum}, in ${run.seconds.toFixed(1)} s`,
  ].join('\n');
}

function addresses({ scene }: SceneResult): string {
  // The WAN actor has several addresses, so which one speaks is part of the scene.
  return scene.from === 'wan' ? `${scene.source} → ${scene.destination}` : scene.destination;
}

function policySays({ verdict }: SceneResult): string {
  const place = (text: string | null): string => (text === null ? '' : basename(text).replace(/:\d+$/, ''));
  if (verdict.action === 'drop') {
    return verdict.policy === null ? 'drop: Lark itself' : `drop: ${verdict.policy} (${place(verdict.place)})`;
  }
  const how = [
    verdict.via === null ? [] : [`via ${verdict.via.name} (${place(verdict.via.place)})`],
    verdict.queue === null ? [] : [`queue ${verdict.queue.name} (${place(verdict.queue.place)})`],
  ].flat();
  return ['forward', ...how].join(', ');
}

function reality({ observation }: SceneResult): string {
  const { ping, transfer, arrivedAt, queue } = observation;
  if (!ping && transfer?.whole !== true && arrivedAt.length === 0) return 'nothing arrived';
  const what = [ping ? 'ping' : 'no ping', transfer === undefined ? [] : `TCP: ${transfer.detail}`].flat();
  const where = `arrived at ${arrivedAt.join(', ') || 'nobody'}`;
  return [`${what.join(', ')}; ${where}`, queue === undefined ? [] : `queue ${queue}`].flat().join(', ');
}

/** Lark's reason where no policy decided, and the rule that decided: on this pair, else on its classes, else any that counted. */
function detailLines({ scene, verdict, rules }: SceneResult): readonly string[] {
  const reason = verdict.action === 'drop' && verdict.policy === null ? [verdict.reason] : [];
  const ofThisPair = rules.filter(({ table, match }) => table === 0 && match.split(/[,=]/).includes(scene.destination));
  const ofClasses = rules.filter(({ cookie }) => cookie.endsWith('(verdict)'));
  const dropping = rules.filter(({ actions }) => verdict.action === 'drop' && actions === 'drop');
  const shown = [...ofThisPair, ...ofClasses, ...dropping, ...rules].slice(0, 1).map((rule) => {
    const count = `${rule.packets} ${rule.packets === 1 ? 'packet' : 'packets'}`;
    const table = rule.table === 0 ? [] : [`table=${rule.table}`];
    const match = rule.match === '' ? [] : [rule.match];
    const parts = [...table, `priority=${rule.priority}`, ...match, `actions=${rule.actions}`];
    return `${count}: cookie=${rule.cookie} ${parts.join(' ')}`;
  });
  return [...reason, ...shown];
}
