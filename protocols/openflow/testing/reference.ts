// REFERENCE.md from the declarations: what every message, action and structure is made of, in wire order. The test beside
// the codec holds the file against this text; `npx vitest run --project unit protocols/openflow/src/reference -u` writes it anew.

import { table10 } from '../src/of10/messages.ts';
import { table13 } from '../src/of13/messages.ts';
import { OxmClass, type OxmName, oxmFields } from '../src/of13/oxm-fields.ts';
import type { Codec, Field, Layout } from '../src/wire/layout.ts';

const INTRODUCTION = `# Reference

Made from the declarations in \`src/\`; do not edit. Fields stand in wire order: \`name:u16\` is an unsigned integer of so many
bits (\`u64\` and wider are bigints), \`name:text16\` NUL-filled text of 16 bytes, \`name:bytes\` all bytes to the end, \`name:[x]\` a
list of x, \`name:x\` a structure x. Pads, lengths and type numbers are left out: they are checked and computed. A MAC address is a
\`u48\`, an IPv4 address a \`u32\`, both plain numbers.
`;

/** The structures met on the way, by name: each gets a section of its own. */
type Structures = Map<string, Codec<unknown>>;

function fieldText(field: Field, met: Structures): string {
  const { kind, name, size, codec, number } = field;
  if (kind === 'uint') return `${name}:u${8 * size}`;
  if (kind === 'u64') return `${name}:u64`;
  if (kind === 'uints') return `${name}:u32×${number}`;
  if (kind === 'text') return `${name}:text${size}`;
  if (kind === 'rest') return `${name}:bytes`;
  return kind === 'list' ? `${name}:[${reference(codec!, met)}]` : `${name}:${reference(codec!, met)}`;
}

function reference(codec: Codec<unknown>, met: Structures): string {
  if (codec.declaration.kind !== 'own') met.set(codec.name, codec);
  return codec.name;
}

function layoutText(layout: Layout, met: Structures): string {
  const fields = layout.filter(({ name }) => name !== '' && name !== 'version' && name !== 'xid');
  return fields.length === 0 ? '–' : fields.map((field) => `\`${fieldText(field, met)}\``).join(' ');
}

function fieldsOf(codec: Codec<unknown>, met: Structures): string {
  return codec.declaration.kind === 'struct' ? layoutText(codec.declaration.layout, met) : '–';
}

/** Lists, not tables: formatters align the columns of tables, and the file would no longer be this text. */
function bullets(codecs: Readonly<Record<string, Codec<unknown>>>, met: Structures): string {
  return Object.entries(codecs)
    .map(([name, codec]) => `- **${name}** ${fieldsOf(codec, met)}`)
    .join('\n');
}

function structureSections(met: Structures): string[] {
  const sections: string[] = [];
  // Rendering a structure may meet others, which a Map's iteration then comes to as well.
  for (const [name, codec] of met) {
    const { declaration } = codec;
    const text = declaration.kind === 'choice' ? bullets(declaration.cases, met) : fieldsOf(codec, met);
    sections.push(`### ${name}\n\n${text}`);
  }
  return sections;
}

function versionText(title: string, codecs: Readonly<Record<string, Codec<unknown>>>): string {
  const met: Structures = new Map();
  const messages = bullets(codecs, met);
  return [`## ${title}`, messages, ...structureSections(met)].join('\n\n');
}

function oxmText(): string {
  const classes = new Map<number, string>(Object.entries(OxmClass).map(([name, number]) => [number, name]));
  const rows = (Object.keys(oxmFields) as OxmName[]).map((name) => {
    const { oxmClass, oxmField, bits, isMaskable, needs } = oxmFields[name];
    const rules = `${isMaskable ? ', maskable' : ''}${needs === undefined ? '' : `, needs ${needs}`}`;
    return `- **${name}** ${classes.get(oxmClass)} ${oxmField}: ${bits} bits${rules}`;
  });
  return `## Match fields (OXM)\n\n${rows.join('\n')}`;
}

export function referenceText(): string {
  const of10 = table10.byName as Readonly<Record<string, Codec<unknown>>>;
  const of13 = table13.byName as Readonly<Record<string, Codec<unknown>>>;
  const versions = [versionText('OpenFlow 1.0', of10), versionText('OpenFlow 1.3', of13)];
  return `${[INTRODUCTION.trimEnd(), ...versions, oxmText()].join('\n\n')}\n`;
}
