// What a switch can do is found out by trying, and leaves no trace: neither on the switch nor with whoever owns the connection.

import type { Message } from 'node-openflow';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { type Capabilities, probeCapabilities } from '../../controller/southbound/capabilities.ts';
import { OpenflowServer } from '../../controller/southbound/openflow-server.ts';
import type { SwitchConnection } from '../../controller/southbound/switch-connection.ts';
import { Counters } from '../../controller/telemetry/counters.ts';
import { ModelSwitch } from '../../mininet/model-switch/model-switch.ts';
import type { ModelSwitchOptions } from '../../mininet/model-switch/model-switch-options.ts';

const COOKIE = 0x4c61726b01000000n;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function connect(options: Partial<ModelSwitchOptions>) {
  const heard: Message[] = [];
  let settle: (connection: SwitchConnection) => void = () => {};
  const up = new Promise<SwitchConnection>((resolve) => {
    settle = resolve;
  });
  const owner = { onUp: settle, onMessage: (_: unknown, message: Message) => heard.push(message), onClosed: () => {} };
  const server = new OpenflowServer(
    owner,
    { versions: [4, 1], echoIntervalMs: 60_000 },
    {
      counters: new Counters(),
      log: pino({ enabled: false }),
    },
  );
  const controller = await server.listen({ host: '127.0.0.1', port: 0 });
  cleanups.push(() => server.close());
  const model = new ModelSwitch({ dpid: 1n, version: 4, ports: [], controller, ...options });
  cleanups.push(() => model.close());
  await model.connect();
  return { heard, model, connection: await up };
}

const LACKING: Capabilities = { registers: false, connections: false };

describe('the capabilities of a switch', () => {
  it.each([
    ['standard OpenFlow 1.3', { version: 4 }, LACKING],
    ['OpenFlow 1.0', { version: 1, hasRegisters: true }, LACKING],
    ['registers, but no connection tracking', { version: 4, hasRegisters: true }, { ...LACKING, registers: true }],
  ] as const)('%s: are found out, and nothing is left of it', async (_, options, expected) => {
    const { connection, heard, model } = await connect(options);
    expect(await probeCapabilities(connection, COOKIE, 5000)).toEqual(expected);
    expect(model.dumpFlows()).toBe('');
    expect(heard).toEqual([]);
  });

  it('count as lacking where the switch does not answer in time', async () => {
    const { connection, model } = await connect({ version: 4, hasRegisters: true });
    model.faults = { barrierReply: 'drop' };
    expect(await probeCapabilities(connection, COOKIE, 30)).toEqual(LACKING);
  });

  it('count as lacking where the switch has gone', async () => {
    const { connection, model } = await connect({ version: 4, hasRegisters: true });
    await model.close();
    expect(await probeCapabilities(connection, COOKIE, 5000)).toEqual(LACKING);
  });
});
