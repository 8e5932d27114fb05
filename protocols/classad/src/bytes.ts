// ClassAd strings are bytes: `size("é")` is 2, and case folds for ASCII only. Inside this package such a byte string is
// a JavaScript string whose characters are the bytes (codes 0 to 255). These functions take text across that border.
// Bytes that are not UTF-8 become lone low surrogates (U+DC80 to U+DCFF) and go back to the same bytes, so two byte
// strings that differ never look alike as text.

const FATAL_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type ByteString = string;

/** Only what is not ASCII takes more bytes in UTF-8 than it has characters; of short texts a loop finds it out sooner. */
function isAscii(text: string): boolean {
  if (text.length > 64) return Buffer.byteLength(text) === text.length;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** The UTF-8 bytes of a text. */
export function toBytes(text: string): ByteString {
  if (isAscii(text)) return text;
  let bytes = '';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes += character;
    else if (code >= 0xdc80 && code <= 0xdcff) bytes += String.fromCharCode(code - 0xdc00);
    else bytes += Buffer.from(character, 'utf8').toString('latin1');
  }
  return bytes;
}

/** The bytes of a buffer as a byte string. */
export function bytesOf(data: Uint8Array): ByteString {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
}

/** A byte string as text, read as UTF-8. */
export function bytesToText(bytes: ByteString): string {
  if (isAscii(bytes)) return bytes;
  const data = Buffer.from(bytes, 'latin1');
  try {
    return FATAL_UTF8.decode(data);
  } catch {
    return decodeWithEscapes(data);
  }
}

function decodeWithEscapes(data: Buffer): string {
  let text = '';
  for (let i = 0; i < data.length; ) {
    const length = sequenceLength(data, i);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + data[i]!);
      i += 1;
    } else {
      text += data.toString('utf8', i, i + length);
      i += length;
    }
  }
  return text;
}

/** The length of the well-formed UTF-8 sequence at `at`, or 0. */
function sequenceLength(data: Buffer, at: number): number {
  const lead = data[at]!;
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > data.length) return 0;
  try {
    FATAL_UTF8.decode(data.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

/** The same in memory of its own: a part of a string keeps the whole of it, and what outlives an ad must not keep its text. */
export function ownBytes(bytes: ByteString): ByteString {
  return Buffer.from(bytes, 'latin1').toString('latin1');
}

/** ASCII letters lowered, all other bytes as they are: how names and strings are folded. */
export function lower(bytes: ByteString): ByteString {
  if (isAscii(bytes)) return bytes.toLowerCase();
  return bytes.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

/** ASCII letters raised, all other bytes as they are. */
export function upper(bytes: ByteString): ByteString {
  if (isAscii(bytes)) return bytes.toUpperCase();
  return bytes.replace(/[a-z]+/g, (run) => run.toUpperCase());
}

/** Whether C's isspace holds. JavaScript's own notion of blanks takes the byte 0xA0, half of an `à`, for one. */
export function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** Without blanks at both ends. */
export function trim(bytes: ByteString): ByteString {
  let start = 0;
  let end = bytes.length;
  while (start < end && isBlank(bytes.charCodeAt(start))) start += 1;
  while (end > start && isBlank(bytes.charCodeAt(end - 1))) end -= 1;
  return bytes.slice(start, end);
}

/** Bytewise order: negative, zero or positive, as C's strcmp. */
export function compareBytes(left: ByteString, right: ByteString): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Bytewise order after ASCII folding, as C's strcasecmp. */
export function compareIgnoringCase(left: ByteString, right: ByteString): number {
  return left === right ? 0 : compareBytes(lower(left), lower(right));
}
