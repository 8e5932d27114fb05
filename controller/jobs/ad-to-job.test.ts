import { describe, expect, it } from 'vitest';
import { formatIp, formatMac, parseIp } from '../../protocols/packet/address.ts';
import { jobFromAds } from './ad-to-job.ts';
import { JobError } from './admission.ts';
import { type Attributes, jobAd, longJobAd, longMachineAd, machineAd } from './testing/sample-ads.ts';

const OPTIONS = { nat: 'refuse', now: 1_754_300_200_000 } as const;

function jobOf(job: Attributes = {}, machine: Attributes = {}) {
  return jobFromAds(jobAd(job), machineAd(machine), OPTIONS).job;
}

function codeOf(job: Attributes, machine: Attributes = {}): string {
  try {
    jobOf(job, machine);
  } catch (error) {
    if (error instanceof JobError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a job from its two ads', () => {
  it('has its registration, user, group and place', () => {
    const job = jobOf({}, { LarkInnerAddressIPv6: '"2001:DB8::7"' });
    expect(job.registration).toEqual({
      globalJobId: 'submit01.example.edu#4711.0#1754300100',
      start: '1',
      machine: 'wn021.example.edu',
      slot: 'slot1_3@wn021.example.edu',
    });
    expect(job.user).toBe('alice');
    expect(job.accountingGroup).toBe('group_cms.production');
    expect(job.addresses.map(formatIp)).toEqual(['10.1.0.7', '2001:db8::7']);
    expect(job.mac === undefined ? undefined : formatMac(job.mac)).toBe('02:00:00:00:00:07');
    expect(job.externalInterface).toBe('veth7');
  });

  it('is the same in long form, one-line new syntax and JSON', () => {
    const { attributes } = jobOf();
    const long = jobFromAds(longJobAd(), longMachineAd(), OPTIONS).job;
    expect(new Map(long.attributes)).toEqual(new Map(attributes));
    const json = '{"Owner":"bob","GlobalJobId":"s#1.0#1"}';
    expect(jobFromAds(json, machineAd(), OPTIONS).job.user).toBe('bob');
  });

  it('evaluates each attribute once, with the other ad as TARGET and the time of registration', () => {
    const { attributes } = jobOf({ Slot: 'TARGET.Name', Now: 'time()', Big: '9007199254740993' });
    expect(attributes.get('slot')).toBe('slot1_3@wn021.example.edu');
    expect(attributes.get('now')).toBe(1_754_300_200);
    expect(attributes.get('big')).toBe(9007199254740993n);
    expect(attributes.get('requestmemory')).toBe(20);
    expect(attributes.get('machine.withinresourcelimits')).toBe(true);
    expect(attributes.get('machine.networktype')).toBe('NAT');
  });

  it('leaves lists, ads and errors undefined', () => {
    const { attributes } = jobOf({ AList: '{1, 2}', AnAd: '[ X = 1 ]', Wrong: '1 + "a"' });
    for (const name of ['alist', 'anad', 'wrong', 'machine.resourcewarmth']) {
      expect([name, attributes.has(name), attributes.get(name)]).toEqual([name, true, undefined]);
    }
  });

  it('takes AccountingGroup where there is no AcctGroup, and nothing where there is neither', () => {
    const fallback = jobOf({ AcctGroup: 'undefined' });
    expect(fallback.accountingGroup).toBe('group_cms.production.alice');
    expect(fallback.attributes.get('acctgroup')).toBe('group_cms.production.alice');
    const none = jobOf({ AcctGroup: '""', AccountingGroup: 'undefined' });
    expect(none.accountingGroup).toBeUndefined();
    expect(none.attributes.get('acctgroup')).toBeUndefined();
  });

  it('lets no ad set what the engine sets, nor the job ad speak for the machine', () => {
    const job =
      '[ Owner = "eve"; GlobalJobId = "s#1.0#1"; Zone = "campus"; EndpointType = "zone"; \'Machine.Trusted\' = true ]';
    const { attributes } = jobFromAds(job, machineAd(), OPTIONS).job;
    expect(attributes.get('owner')).toBe('eve');
    for (const name of ['zone', 'endpointtype', 'machine.trusted']) expect(attributes.has(name)).toBe(false);
  });

  it('takes no address from the job ad', () => {
    expect(codeOf({ LarkInnerAddressIPv4: '"10.1.0.9"' }, { LarkInnerAddressIPv4: 'undefined' })).toBe(
      'JOB_ADDRESS_MISSING',
    );
  });

  it('takes start date and machine from where they are when their first source is missing', () => {
    const { registration } = jobOf({ NumJobStarts: 'undefined' }, { Machine: 'undefined' });
    expect(registration).toMatchObject({ start: '1754300123', machine: 'wn021.example.edu' });
  });
});

describe('ads that are refused', () => {
  it.each([
    ['Owner', 'undefined'],
    ['Owner', '""'],
    ['Owner', '7'],
    ['GlobalJobId', 'undefined'],
  ])('JOB_AD_INCOMPLETE: %s = %s', (name, expression) => {
    expect(codeOf({ [name]: expression })).toBe('JOB_AD_INCOMPLETE');
  });

  it('JOB_AD_INCOMPLETE: a machine ad that names no machine', () => {
    expect(codeOf({}, { Machine: 'undefined', Name: 'undefined' })).toBe('JOB_AD_INCOMPLETE');
  });

  it.each([
    '"127.0.0.1"',
    '"0.0.0.0"',
    '"224.0.0.5"',
    '"255.255.255.255"',
    '"169.254.3.4"',
    '"10.1.0"',
    '"010.1.0.7"',
    '"fe80::1"',
    '7',
  ])('JOB_ADDRESS_INVALID: LarkInnerAddressIPv4 = %s', (expression) => {
    expect(codeOf({}, { LarkInnerAddressIPv4: expression })).toBe('JOB_ADDRESS_INVALID');
  });

  it.each(['"::"', '"::1"', '"fe80::7"', '"ff02::1"', '"::ffff:10.1.0.7"', '"10.1.0.7"'])(
    'JOB_ADDRESS_INVALID: LarkInnerAddressIPv6 = %s, even beside a good IPv4 address',
    (expression) => {
      expect(codeOf({}, { LarkInnerAddressIPv6: expression })).toBe('JOB_ADDRESS_INVALID');
    },
  );

  it.each(['"ff:ff:ff:ff:ff:ff"', '"01:00:5e:00:00:01"', '"00:00:00:00:00:00"', '"veth"'])(
    'JOB_ADDRESS_INVALID: LarkInnerMacAddress = %s',
    (expression) => {
      expect(codeOf({}, { LarkInnerMacAddress: expression })).toBe('JOB_ADDRESS_INVALID');
    },
  );

  it('JOB_AD_MALFORMED: names that could make one registration look like another', () => {
    expect(codeOf({ GlobalJobId: '"a|1"' })).toBe('JOB_AD_MALFORMED');
    expect(() => jobFromAds('[ Owner = "a\\nb"; GlobalJobId = "g" ]', machineAd(), OPTIONS)).toThrow(
      expect.objectContaining({ code: 'JOB_AD_MALFORMED' }),
    );
  });

  it('JOB_AD_MALFORMED: an ad in long form in which a line break in one value speaks for another attribute', () => {
    const torn = `${longJobAd().trimEnd()}\nX = "a\\"\nOwner = "root"\nY = 1 // "\n`;
    expect(() => jobFromAds(torn, longMachineAd(), OPTIONS)).toThrow(
      expect.objectContaining({
        code: 'JOB_AD_MALFORMED',
        message: expect.stringContaining('Owner stands here again'),
      }),
    );
  });

  it('JOB_AD_MALFORMED: text that is no ad, with the place', () => {
    expect(() => jobFromAds('[ Owner = ', machineAd(), OPTIONS)).toThrow(
      expect.objectContaining({ code: 'JOB_AD_MALFORMED', message: expect.stringMatching(/job ad .*\d+:\d+/) }),
    );
  });

  it('JOB_AD_TOO_LONG: more attributes than any real ad has', () => {
    const many = Array.from({ length: 3000 }, (_, i) => `A${i} = ${i}`).join('; ');
    expect(() => jobFromAds(`[ ${many} ]`, machineAd(), OPTIONS)).toThrow(
      expect.objectContaining({ code: 'JOB_AD_TOO_LONG' }),
    );
  });
});

describe('what evaluating an ad takes', () => {
  const sum = Array.from({ length: 1000 }, () => '1').join(' + ');
  const sums = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`Sum${i}`, sum]));

  it('is bounded for all of its expressions together: one that goes beyond it is refused', () => {
    expect(jobOf(sums(40)).attributes.get('sum39')).toBe(1000);
    expect(() => jobOf(sums(60))).toThrow(
      expect.objectContaining({ code: 'JOB_AD_TOO_LONG', message: expect.stringMatching(/steps .* sum50\b/) }),
    );
  });
});

describe('values that an ad makes of others', () => {
  const long = JSON.stringify('x'.repeat(20_000));
  const doubled = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`Made${i}`, 'strcat(Long, Long)']));

  it('are frozen as they are up to a million characters', () => {
    const { attributes } = jobOf({ Long: long, ...doubled(26) });
    expect(String(attributes.get('made25')).length).toBe(40_000);
  });

  it('JOB_AD_TOO_LONG: expressions that make more of it than any real ad', () => {
    expect(codeOf({ Long: long, ...doubled(27) })).toBe('JOB_AD_TOO_LONG');
  });
});

describe('a job in NAT mode', () => {
  const nat = { LarkNetworkType: '"NAT"', LarkInnerAddressIPv4: '"192.168.0.2"' };

  it('is refused where the file does not say otherwise', () => {
    expect(codeOf({}, nat)).toBe('JOB_NAT_UNENFORCEABLE');
  });

  it('has no address, MAC address or port of its own when it is kept', () => {
    const { job, natAddress } = jobFromAds(jobAd(), machineAd(nat), { ...OPTIONS, nat: 'unenforced' });
    expect(job).toMatchObject({ addresses: [], mac: undefined, externalInterface: undefined, user: 'alice' });
    expect(natAddress).toBe(parseIp('192.168.0.2'));
  });
});
