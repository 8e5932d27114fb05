import { describe, expect, it } from 'vitest';
import { MACS, makeScene } from './enforcement/testing/scene.ts';
import { type AskedPair, type AskedSwitch, whyNoRule } from './explain-absence.ts';

const { state, jobs } = makeScene(4);
const [here, afar] = ['a1', 'a3'].map((name) =>
  [...jobs.all()].find(({ job }) => job.registration.globalJobId === name),
);
const job = { kind: 'job', job: here!.job, address: here!.job.addresses[0] } as const;
const single: AskedSwitch = { state, pipeline: { name: 'single-table' }, isMended: true, isHeld: false };
const multi: AskedSwitch = { state, pipeline: { name: 'multi-table' }, isMended: true, isHeld: false };
const asked: AskedPair = { ends: [job, job], sender: here, isIpv6: false, hasRule: false, nameOf: () => 'leaf' };

describe('why there is no rule', () => {
  it('none is needed where there is one', () => {
    expect(whyNoRule(single, { ...asked, hasRule: true })).toBeUndefined();
    expect(whyNoRule(multi, { ...asked, hasRule: true })).toBeUndefined();
  });

  it('tells of a switch that is being mended', () => {
    expect(whyNoRule({ ...multi, isMended: false }, { ...asked, hasRule: true })).toMatch(/mended/);
  });

  it('tells of a sender whose port is held, whatever rules there are', () => {
    expect(whyNoRule({ ...multi, isHeld: true }, { ...asked, hasRule: true })).toMatch(/port is held.*port\.storm/);
  });

  it('tells of a single table that asks first, and of what it always asks about', () => {
    expect(whyNoRule(single, asked)).toMatch(/first one is asked about/);
    const old: AskedSwitch = { ...single, state: makeScene(1).state };
    expect(whyNoRule(old, { ...asked, isIpv6: true })).toMatch(/1\.0 cannot match IPv6/);
    const local = { kind: 'local', address: undefined } as const;
    expect(whyNoRule(single, { ...asked, ends: [job, local] })).toMatch(/local addresses/);
  });

  it('tells of ends that nobody registered', () => {
    expect(whyNoRule(multi, { ...asked, ends: [job, undefined] })).toMatch(/unregistered/);
  });

  it('tells of a sender at another switch whose packets have not come by', () => {
    const away = { ...asked, sender: { ...afar!, mac: MACS.dave }, hasRule: true };
    expect(whyNoRule(multi, away)).toMatch(/at switch leaf/);
    // This one was seen at the fabric port.
    expect(whyNoRule(multi, { ...away, sender: afar })).toBeUndefined();
  });
});
