// Error messages by the names that the specification gives their type and code.

import { ErrorCode10, ErrorCode13, ErrorType10, ErrorType13, errorCodePrefix } from '../constants/errors.ts';
import { NICIRA } from '../nicira/actions.ts';
import { readU16, readU32 } from '../wire/bytes.ts';

/** Open vSwitch's way to send the codes of later versions in OpenFlow 1.0. */
const NX_EXTENDED = 0xb0c2;
const EXPERIMENTER = 0xffff;

type Codes = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** `OFPET_FLOW_MOD_FAILED/OFPFMFC_TABLE_FULL`; numbers where there is no name. */
export function formatError(message: {
  readonly version: number;
  readonly errorType: number;
  readonly code: number;
  readonly data: Uint8Array;
}): string {
  const { version, errorType, code, data } = message;
  if (errorType === NX_EXTENDED && data.length >= 8 && readU32(data, 0) === NICIRA) {
    return `Nicira extended error ${readU16(data, 4)}/${readU16(data, 6)}`;
  }
  const types: Readonly<Record<string, number>> = version === 1 ? ErrorType10 : ErrorType13;
  const codes: Codes = version === 1 ? ErrorCode10 : ErrorCode13;
  if (errorType === EXPERIMENTER && version !== 1) {
    const owner = data.length >= 4 ? `0x${readU32(data, 0).toString(16).padStart(8, '0')}` : 'unknown';
    return `OFPET_EXPERIMENTER/${owner}:${code}`;
  }
  const type = nameOf(types, errorType);
  if (type === undefined) return `error type ${errorType}/code ${code}`;
  const codeName = nameOf(codes[type] ?? {}, code);
  return `OFPET_${type}/${codeName === undefined ? `code ${code}` : `${errorCodePrefix[type]}_${codeName}`}`;
}

function nameOf(table: Readonly<Record<string, number>>, number: number): string | undefined {
  return Object.keys(table).find((name) => table[name] === number);
}
