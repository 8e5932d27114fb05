import { describe, expect, it } from 'vitest';
import { parseIp } from '../../protocols/packet/address.ts';
import { forgetConnections } from './connection-tracking.ts';

describe('forgetting the connections of an address', () => {
  // As `ovs-ofctl ct-flush BRIDGE zone=19553 ct_nw_src=10.1.0.11` and so on of Open vSwitch 3.1 sends it.
  it.each([
    ['10.1.0.11', '00000000000000000000ffff0a01000b'],
    ['2001:db8::1', '20010db8000000000000000000000001'],
  ])('of %s asks for what it opened, and for what was opened to it', (text, address) => {
    const sent = forgetConnections(parseIp(text)!).map((message) => ({
      ...message,
      data: 'data' in message ? Buffer.from(message.data).toString('hex') : '',
    }));
    const data = (end: string) =>
      `0000000000000000${'0000002000000000'}${end}0014${address}00000000${'000200084c610000'}`;
    const common = { version: 4, type: 'experimenter', experimenter: 0x2320, expType: 32 };
    expect(sent).toEqual([
      { ...common, data: data('0000') },
      { ...common, data: data('0001') },
    ]);
  });
});
