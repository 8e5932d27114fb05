// The JavaScript of a layout's decoder: bounds checked once for everything of fixed size, then one object literal. Behind
// a part of variable size offsets start anew, and what is left is checked again.

import { type Field, type Head, type Layout, lengthOffset, type StructOptions, sizeOf } from './layout.ts';

/** `function (bytes, at, end) { … }`; what it refers to is in scope where compile.ts evaluates it. */
export function decoderSource(layout: Layout, head: Head, options: StructOptions): string {
  const fault = JSON.stringify(options.fault ?? 'request');
  const least = sizeOf(layout);
  const isFixed = layout.every((field) => !field.isVariable);
  const lines = [`if (end - at ${isFixed ? '!==' : '<'} ${least}) throw wrongSize(at, end);`];
  const properties = Object.entries(head).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  if ((options.align ?? 1) > 1) lines.push(`end = at + readU16(bytes, at + ${lengthOffset(layout)});`);
  let base = 'at';
  let offset = 0;
  let left = least;
  let isOpen = false; // whether a field takes everything up to the end
  layout.forEach((field, index) => {
    const here = `${base} + ${offset}`;
    left -= field.size;
    offset += field.size;
    if (!field.isVariable) {
      const expression = readExpression(field, here, index);
      if (expression !== '') properties.push(`${field.name}: ${expression}`);
      if (field.kind === 'lengthOf') lines.push(`const lengthOf_${field.target} = readU16(bytes, ${here});`);
      return;
    }
    const next = `at${index}`;
    properties.push(`${field.name}: value${index}`);
    lines.push(`const from${index} = ${here};`);
    if (field.kind === 'part') {
      lines.push(`const ${next} = from${index} + codec${index}.extent(bytes, from${index}, end);`);
      lines.push(`if (end - ${next} < ${left}) throw badLength(${fault}, '${field.name}', from${index}, 'overruns');`);
      lines.push(`const value${index} = codec${index}.decode(bytes, from${index}, ${next});`);
    } else {
      const counted = layout.some((other) => other.kind === 'lengthOf' && other.target === field.name);
      lines.push(`const ${next} = ${counted ? `from${index} + lengthOf_${field.name}` : 'end'};`);
      if (counted) {
        const text = `'its length overruns the structure'`;
        lines.push(`if (end - ${next} < ${left}) throw badLength(${fault}, '${field.name}', from${index}, ${text});`);
      }
      isOpen ||= !counted;
      lines.push(`const value${index} = ${runExpression(field, index, next)};`);
    }
    base = next;
    offset = 0;
  });
  if (!isFixed && !isOpen) {
    lines.push(
      `if (end !== ${base} + ${offset}) throw badLength(${fault}, 'end', ${base} + ${offset}, 'trailing bytes');`,
    );
  }
  return `function (bytes, at, end) {\n${lines.join('\n')}\nreturn { ${properties.join(', ')} };\n}`;
}

function runExpression(field: Field, index: number, next: string): string {
  if (field.kind === 'rest') return `view(bytes, from${index}, ${next})`;
  return `decodeList${index}(bytes, from${index}, ${next})`;
}

/** An expression for a field of fixed size, or '' for one that is no part of the value. */
function readExpression(field: Field, here: string, index: number): string {
  if (field.kind === 'u64') return `readU64(bytes, ${here})`;
  if (field.kind === 'text') return `readText(bytes, ${here}, ${field.size})`;
  if (field.kind === 'part') return `codec${index}.decode(bytes, ${here}, ${here} + ${field.size})`;
  if (field.kind === 'uints') {
    const items = Array.from({ length: field.number }, (_, i) => `readU32(bytes, ${here} + ${4 * i})`);
    return `[${items.join(', ')}]`;
  }
  return field.kind === 'uint' ? readUintExpression(field.size, here) : '';
}

function readUintExpression(size: number, here: string): string {
  if (size === 1) return `bytes[${here}]`;
  if (size === 2) return `(bytes[${here}] << 8 | bytes[${here} + 1])`;
  const high = `bytes[${here}] << 24 | bytes[${here} + 1] << 16 | bytes[${here} + 2] << 8 | bytes[${here} + 3]`;
  if (size === 4) return `((${high}) >>> 0)`;
  const mac = `bytes[${here} + 2] << 24 | bytes[${here} + 3] << 16 | bytes[${here} + 4] << 8 | bytes[${here} + 5]`;
  return `((bytes[${here}] << 8 | bytes[${here} + 1]) * 4294967296 + ((${mac}) >>> 0))`;
}
