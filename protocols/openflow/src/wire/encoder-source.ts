// The JavaScript of a layout's encoder: each value checked against its field's range and stored byte by byte. Lengths are
// written behind what they measure; pads are written too, because the output may hold older bytes.

import { type Field, type Layout, lengthOffset, type StructOptions } from './layout.ts';

/** `function (out, at, value) { … }`; what it refers to is in scope where compile.ts evaluates it. */
export function encoderSource(layout: Layout, options: StructOptions): string {
  const lines: string[] = [];
  let base = 'at';
  let offset = 0;
  layout.forEach((field, index) => {
    const here = `${base} + ${offset}`;
    offset += field.size;
    if (!field.isVariable) {
      lines.push(writeStatement(field, here, index));
      if (field.kind === 'lengthOf') lines.push(`const lengthAt_${field.target} = ${here};`);
      return;
    }
    const next = `at${index}`;
    const writer = field.kind === 'part' ? `codec${index}.encode` : `encodeList${index}`;
    lines.push(`const from${index} = ${here};`);
    if (field.kind === 'rest')
      lines.push(`const ${next} = writeBytes(out, from${index}, value.${field.name}, '${field.name}');`);
    else lines.push(`const ${next} = ${writer}(out, from${index}, value.${field.name}, '${field.name}');`);
    if (layout.some((other) => other.kind === 'lengthOf' && other.target === field.name)) {
      lines.push(`finishLength(out, lengthAt_${field.name}, ${next} - from${index}, '${field.name}');`);
    }
    base = next;
    offset = 0;
  });
  lines.push(`const end = ${base} + ${offset};`);
  const lengthAt = lengthOffset(layout);
  if (lengthAt >= 0) lines.push(`finishLength(out, at + ${lengthAt}, end - at, structName, ${options.unit ?? 1});`);
  const { align = 1 } = options;
  if (align > 1) {
    lines.push(`const padding = (${align} - (end - at) % ${align}) % ${align};`);
    lines.push('writeZeros(out, end, padding);', 'return end + padding;');
  } else lines.push('return end;');
  return `function (out, at, value) {\n${lines.join('\n')}\n}`;
}

function writeStatement(field: Field, here: string, index: number): string {
  const { kind, name, size } = field;
  const at = `${here}`;
  if (kind === 'u64') return `writeU64(out, ${at}, value.${name}, '${name}');`;
  if (kind === 'text') return `writeText(out, ${at}, ${size}, value.${name}, '${name}');`;
  if (kind === 'part') return `codec${index}.encode(out, ${at}, value.${name});`;
  if (kind === 'uints') return `writeU32s(out, ${at}, ${field.number}, value.${name}, '${name}');`;
  if (kind === 'uint') return writeUintStatement(size, at, name);
  if (kind === 'constant') return storeStatements(size, at, `${field.number}`);
  if (kind === 'pad') {
    return size > 8 ? `writeZeros(out, ${at}, ${size});` : storeStatements(size, at, '0');
  }
  return ''; // lengths and tags are written when what they speak of has been
}

/** Statements that check the property `name` of `object` and store it. */
export function writeUintStatement(size: number, at: string, name: string, object = 'value'): string {
  const local = `_${name}`;
  const test = {
    1: `(${local} & 255) !== ${local}`,
    2: `(${local} & 65535) !== ${local}`,
    4: `(${local} >>> 0) !== ${local}`,
    6: `!(${local} >= 0 && ${local} <= 281474976710655 && Math.floor(${local}) === ${local})`,
  }[size];
  const check = `if (${test}) throw badValue('${name}', ${at}, ${local}, 'an integer of ${8 * size} bits');`;
  return `const ${local} = ${object}.${name}; ${check} ${storeStatements(size, at, local)}`;
}

/** Typed arrays keep the low eight bits of what is stored, so shifting alone takes a number apart. */
export function storeStatements(size: number, at: string, value: string): string {
  if (size === 6 && value === '0') return `${storeStatements(2, at, '0')} ${storeStatements(4, `${at} + 2`, '0')}`;
  if (size === 6) {
    const high = `const _high${value} = Math.floor(${value} / 4294967296);`;
    return `${high} ${storeStatements(2, at, `_high${value}`)} ${storeStatements(4, `${at} + 2`, `(${value} >>> 0)`)}`;
  }
  const bytes = Array.from({ length: size }, (_, i) => {
    const shift = 8 * (size - 1 - i);
    if (value === '0') return `out[${at} + ${i}] = 0;`;
    return `out[${at} + ${i}] = ${shift === 0 ? value : `${value} >>> ${shift}`};`;
  });
  return bytes.join(' ');
}
