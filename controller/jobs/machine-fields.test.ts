import { parseAd, unparseAd } from 'node-classad';
import { describe, expect, it } from 'vitest';
import { jobFromAds } from './ad-to-job.ts';
import { withMachineFields } from './machine-fields.ts';
import { jobAd, longMachineAd, machineAd } from './testing/sample-ads.ts';

const read = (text: string) => jobFromAds(jobAd(), text, { nat: 'refuse', now: 0 }).job;

describe('withMachineFields', () => {
  it('gives an ad without fields back as it came', () => {
    expect(withMachineFields(longMachineAd(), {})).toBe(longMachineAd());
  });

  it('makes an ad of fields alone that is read as the same machine', () => {
    const { key, addresses, mac, externalInterface } = read(machineAd());
    const fields = {
      machine: 'wn021.example.edu',
      slot: 'slot1_3@wn021.example.edu',
      ipv4: '10.1.0.7',
      mac: '02:00:00:00:00:07',
      interface: 'veth7',
    };
    expect(read(withMachineFields(undefined, fields))).toMatchObject({ key, addresses, mac, externalInterface });
  });

  it.each([
    ['long', longMachineAd()],
    ['new', machineAd()],
    ['json', unparseAd(parseAd(machineAd(), { syntax: 'auto' }), 'json')],
  ])('sets attributes of an ad in %s form, and leaves all others as they evaluate', (_form, text) => {
    const before = new Map(read(text).attributes);
    const after = new Map(read(withMachineFields(text, { ipv4: '10.1.0.8' })).attributes);
    expect(after.get('machine.larkinneraddressipv4')).toBe('10.1.0.8');
    after.set('machine.larkinneraddressipv4', before.get('machine.larkinneraddressipv4'));
    expect([...after].sort()).toEqual([...before].sort());
  });

  it('takes whatever a name holds as text, never as an expression', () => {
    const machine = 'a" + strcat("b", Owner) + "\\c';
    expect(read(withMachineFields(machineAd(), { machine })).registration.machine).toBe(machine);
  });

  it('says that an ad which it should change cannot be read', () => {
    expect(() => withMachineFields('[ Machine = ', { ipv4: '10.1.0.8' })).toThrow(/machine ad cannot be read/);
  });

  it('refuses an ad in long form that has an attribute twice, as without fields', () => {
    const twice = 'Name = "slot1@wn1"\nX = "a\\"\nName = "slot2@wn2"\n';
    expect(() => withMachineFields(twice, { ipv4: '10.1.0.7' })).toThrow(/Name stands here again/);
  });
});
