// `connections: replies` on a real Open vSwitch: a job that may only open connections opens them and gets its answers, and
// nobody opens one to it; by real TCP in every mode.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTS, type HostName, MODES, Site } from '../support/site.ts';

const PORT = 7000;
const SERVER = `
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('', ${PORT})); s.listen(8); print('ready', flush=True)
while True:
    c, _ = s.accept()
    c.sendall(c.recv(100)); c.close()
`;
const CLIENT = `
import socket, sys
s = socket.create_connection((sys.argv[1], ${PORT}), timeout=2)
s.sendall(b'hello'); print(s.recv(100).decode())
`;

describe.each(MODES)(
  'a job with only outbound connectivity, with OpenFlow $version, $pipeline, registers $registers',
  (mode) => {
    let site: Site;
    const servers: { kill(): boolean }[] = [];

    beforeAll(async () => {
      site = await Site.start(mode, ['alice1', 'bob', 'campus', 'gateway'], '  - connectivity: true\n');
      expect(await site.registerWith('alice1', 'InboundConnectivity = false; OutboundConnectivity = true;')).toBe('OK');
      expect(await site.register('bob')).toEqual(['OK']);
      for (const name of ['alice1', 'bob', 'campus'] as const) {
        const server = site
          .host(name)
          .spawn('/usr/bin/python3', ['-u', '-c', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
        servers.push(server);
        await new Promise((resolve) => server.stdout!.once('data', resolve));
      }
    });
    afterAll(async () => {
      for (const server of servers) server.kill();
      await site?.stop();
    });

    const talks = (from: HostName, to: HostName) =>
      site
        .host(from)
        .exec('/usr/bin/python3', ['-c', CLIENT, HOSTS[to].ipv4])
        .then((said) => said.trim() === 'hello')
        .catch(() => false);

    it('opens connections and is answered', async () => {
      expect(await talks('alice1', 'campus')).toBe(true);
    });

    it('has none opened to it, by TCP or anything else', async () => {
      expect(await talks('campus', 'alice1')).toBe(false);
      expect(await site.reaches('campus', HOSTS.alice1.ipv4)).toBe(false);
    });

    it('leaves the others as they were', async () => {
      expect(await talks('campus', 'bob')).toBe(true);
      expect(await site.reaches('campus', HOSTS.bob.ipv4)).toBe(true);
    });

    it('is explained', async () => {
      const explained = await site.explain(HOSTS.campus.ipv4, HOSTS.alice1.ipv4);
      expect(explained.verdict).toMatchObject({
        action: 'forward',
        connections: { value: 'replies', policy: 'connectivity' },
      });
    });
  },
);
