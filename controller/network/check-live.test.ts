import { describe, expect, test } from 'vitest';
import { parseConfig } from '../config/load-config.ts';
import { formatProblem } from '../config/problem.ts';
import { readYaml } from '../config/yaml-source.ts';
import { checkLive, type LiveSwitch } from './check-live.ts';

const core: LiveSwitch = {
  dpid: '000000000000000a',
  ports: [
    { portNo: 1, name: 'veth1' },
    { portNo: 2, name: 'eth0' },
    { portNo: 0xfffffffe, name: 'br0' },
  ],
};

async function said(
  text: string,
  connected: readonly LiveSwitch[] = [core],
  queues: readonly number[] | undefined = [1],
) {
  const { config, errors } = parseConfig('p.yaml', text);
  const yaml = readYaml('p.yaml', text);
  if (config === undefined || 'problems' in yaml) throw new Error(JSON.stringify(errors));
  const asked: string[] = [];
  const found = await checkLive(config, yaml.source, connected, async ({ dpid }, { name }) => {
    asked.push(`${dpid} ${name}`);
    return queues;
  });
  return { asked, lines: found.map(formatProblem) };
}

describe('a switch of the file', () => {
  test('is found by its datapath id, or by the name of its bridge', async () => {
    expect((await said('switches: { core: { dpid: 0x0a }, br0: {} }')).lines).toEqual([]);
    expect((await said('switches: { "000000000000000a": {} }')).lines).toEqual([]);
  });

  test('that is not connected is told, with those that are', async () => {
    expect((await said('switches:\n  br1: {}\n  edge: { dpid: 0x0b }\n')).lines).toEqual([
      'p.yaml:2:3: warning: no switch is connected that is the bridge br1; did you mean "br0"?',
      'p.yaml:3:3: warning: no switch is connected that is datapath id 000000000000000b; connect it, or correct its name or dpid; connected are: br0 (000000000000000a)',
    ]);
    expect((await said('switches: { br0: {} }', [])).lines).toEqual([expect.stringContaining('connected are: none')]);
  });
});

test('ports that a connected switch does not have, wherever the file names them', async () => {
  const text = `switches:
  br0:
    wan: { port: eth00, alternates: { i2: { port: 7, gateway: 02:00:00:00:00:03 } } }
    fabric: [2, up]
    machines: { wn1: [veth1, veth2] }
`;
  expect((await said(text)).lines).toEqual([
    'p.yaml:3:18: warning: switch br0 has no port eth00 now; did you mean "eth0"?',
    'p.yaml:3:51: warning: switch br0 has no port 7 now; it has veth1, eth0',
    'p.yaml:4:17: warning: switch br0 has no port up now; it has veth1, eth0',
    'p.yaml:5:30: warning: switch br0 has no port veth2 now; did you mean "veth1"?',
  ]);
});

describe('queues', () => {
  const text = 'switches: { br0: { wan: { port: eth0, queues: { default: { id: 0 }, a: { id: 1 }, b: { id: 2 } } } } }';

  test('that the WAN port does not have', async () => {
    const { asked, lines } = await said(text);
    expect(asked).toEqual(['000000000000000a eth0']);
    expect(lines).toEqual([
      'p.yaml:1:92: warning: port eth0 of switch br0 has no queue 2 now; make it there, or correct the id: it has 1',
    ]);
  });

  test('of a switch that does not say', async () => {
    const refused = parseConfig('p.yaml', text);
    const yaml = readYaml('p.yaml', text);
    if (refused.config === undefined || 'problems' in yaml) throw new Error('the test has a bad file');
    const found = await checkLive(refused.config, yaml.source, [core], async () => undefined);
    expect(found.map(formatProblem)).toEqual([
      'p.yaml:1:39: warning: switch br0 does not say which queues port eth0 has: see for yourself that these are there',
    ]);
  });

  test('are not asked about where there is only queue 0, or the port is not there', async () => {
    const of = (port: string, id: number) =>
      `switches: { br0: { wan: { port: ${port}, queues: { q: { id: ${id} } } } } }`;
    expect((await said(of('eth0', 0))).asked).toEqual([]);
    expect((await said(of('none', 1))).asked).toEqual([]);
  });
});
