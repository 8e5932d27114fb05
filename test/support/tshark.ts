// Wireshark's dissectors as a witness: packets go into one capture file, one run of tshark takes them apart, and what it
// says of each comes back by field name.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const LINKTYPE_ETHERNET = 1;
export const LINKTYPE_IPV4 = 228;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** A capture file of whole packets. */
function pcap(linkType: number, packets: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32BE(0xa1b2c3d4, 0);
  header.writeUInt16BE(2, 4);
  header.writeUInt16BE(4, 6);
  header.writeUInt32BE(0x40000, 16);
  header.writeUInt32BE(linkType, 20);
  const records = packets.flatMap((packet) => {
    const record = Buffer.alloc(16);
    record.writeUInt32BE(packet.length, 8);
    record.writeUInt32BE(packet.length, 12);
    return [record, packet];
  });
  return Buffer.concat([header, ...records]);
}

/** For each packet the values of each field, in the order in which they stand in the packet; none where it has none. */
export async function dissect<const Field extends string>(
  linkType: number,
  packets: readonly Uint8Array[],
  fields: readonly Field[],
  options: readonly string[] = [],
): Promise<readonly Readonly<Record<Field, readonly string[]>>[]> {
  const directory = await mkdtemp(join(tmpdir(), 'tshark-'));
  try {
    const file = join(directory, 'packets.pcap');
    await writeFile(file, pcap(linkType, packets));
    const wanted = fields.flatMap((field) => ['-e', field]);
    const arguments_ = ['-r', file, ...options, '-T', 'fields', '-E', 'aggregator=;', ...wanted];
    const { stdout } = await run('tshark', arguments_, {
      maxBuffer: MAX_OUTPUT,
      // Its own settings only, whatever those of whoever runs the tests are.
      env: { ...process.env, HOME: directory },
    });
    const lines = stdout.split('\n').slice(0, -1);
    return lines.map((line) => {
      const columns = line.split('\t');
      const values = fields.map((field, i) => [field, columns[i] ? columns[i].split(';') : []] as const);
      return Object.fromEntries(values) as unknown as Record<Field, readonly string[]>;
    });
  } finally {
    await rm(directory, { recursive: true });
  }
}
