// A stretch of network between a client and a server that can be made to fail: cut at any byte, gone without a word, or slow
// to the byte.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { HostPort } from '../../support/model-site.ts';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  isStalled: boolean;
}

export class ChaosProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  /** Bytes that still pass, in both directions and over all connections; then all are cut. */
  #left = Number.POSITIVE_INFINITY;
  #isSlow = false;
  cuts = 0;
  accepted = 0;

  private constructor(target: HostPort) {
    this.#server = createServer((client) => {
      this.accepted++;
      const server = connect({ ...target, noDelay: true });
      const pair = { client, server, isStalled: false };
      this.#pairs.add(pair);
      client.setNoDelay(true);
      this.#carry(client, server, pair);
      this.#carry(server, client, pair);
    });
  }

  static async before(target: HostPort): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(target);
    proxy.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get address(): HostPort {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  /** Every connection is cut off, whatever it is saying, after so many bytes more. */
  cutAfter(bytes: number): void {
    this.#left = bytes;
    if (bytes === 0) this.#cut();
  }

  /**
   * On the connections that there are nothing passes any more in any direction, not even their end; neither side is told. New
   * ones pass.
   */
  stall(): void {
    for (const pair of this.#pairs) pair.isStalled = true;
  }

  /** Connections that are made while it is slow pass a byte at a time. */
  slow(isSlow: boolean): void {
    this.#isSlow = isSlow;
  }

  async close(): Promise<void> {
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #carry(from: Socket, to: Socket, pair: Pair): void {
    const isSlow = this.#isSlow;
    from.on('error', () => {});
    from.on('data', (chunk) => {
      if (pair.isStalled) return;
      const passes = chunk.subarray(0, this.#left);
      this.#left -= passes.length;
      if (isSlow) for (const byte of passes) to.write(Uint8Array.of(byte));
      else to.write(passes);
      if (passes.length < chunk.length || this.#left === 0) this.#cut();
    });
    from.on('close', () => {
      if (pair.isStalled) return;
      this.#pairs.delete(pair);
      to.destroy();
    });
  }

  #cut(): void {
    this.#left = Number.POSITIVE_INFINITY;
    this.cuts++;
    for (const { client, server, isStalled } of [...this.#pairs]) {
      if (isStalled) continue;
      // What was passed on before gets there.
      client.destroySoon();
      server.destroySoon();
    }
  }
}
