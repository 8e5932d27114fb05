import { describe, expect, it } from 'vitest';
import { ProblemError } from '../northbound/problem.ts';
import { runForTest } from './testing/run-for-test.ts';

describe('lark switches forget', () => {
  it('says which addresses are free now', async () => {
    const { code, out } = await runForTest(['switches', 'forget', '00:00:00:1a:a0:09:fb:c9']);
    expect([code, out]).toEqual([0, 'Switch 0000001aa009fbc9 is forgotten. Free now: 10.1.0.9.\n']);
    const api = { forgetSwitch: async (dpid: string) => ({ dpid, freed: [] }) };
    expect((await runForTest(['switches', 'forget', '0x1'], { api })).out).toContain('No address was held back');
  });

  it.each([[['switches', 'forget', '0x1', '--json']], [['switches', '--json', 'forget', '0x1']]])(
    'prints JSON for programs where it is told to: %j',
    async (args) => {
      const api = { forgetSwitch: async () => ({ dpid: '1', freed: ['10.1.0.9'] }) };
      const { code, out } = await runForTest(args, { api });
      expect([code, JSON.parse(out)]).toEqual([0, { dpid: '1', freed: ['10.1.0.9'] }]);
    },
  );

  it('exits with 1, and says why, where the switch is connected or its id is none', async () => {
    const forgetSwitch = async () => {
      throw new ProblemError('HTTP_SWITCH_CONNECTED', 'Switch 1 is connected.');
    };
    const refused = await runForTest(['switches', 'forget', '0x1'], { api: { forgetSwitch } });
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('Switch 1 is connected.')]);
    expect(await runForTest(['switches', 'forget', 'core'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('core'),
    });
  });

  it('leaves a switch that is called so to be shown by its datapath id', async () => {
    expect((await runForTest(['switches', 'forget'])).code).toBe(2);
  });
});
