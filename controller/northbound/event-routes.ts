// /v1/events: what happens, as server-sent events (WHATWG HTML §9.2). A client is a place in the log of events and nothing
// more: it is given what comes next when it has taken what it was sent, so a slow one costs no memory. One that takes nothing
// for half a minute loses its connection. Whoever is so far behind that the log has forgotten its place is told of the gap.

import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { type EventSource, KEPT_EVENTS, type LarkEvent } from '../events/event-log.ts';
import type { LarkApi } from './lark-api.ts';
import { routeDocs } from './route-docs.ts';
import { STREAM_HEADERS } from './stream-headers.ts';
import { StreamPlaces } from './stream-places.ts';

/** Events that are written at a time. */
const AT_ONCE = 64;
/** Ticks of `aliveMs` for which a client may take nothing. */
const MOST_IDLE_TICKS = 2;

const docs = routeDocs({
  tag: 'service',
  summary: 'What happens from now on, or since the event of Last-Event-ID, as server-sent events',
  answers: { 200: ['text', 'A stream that does not end by itself, unless `follow` is false.'] },
  content: { 'text/event-stream': { schema: { type: 'string' } } },
  refusals: ['HTTP_QUERY_INVALID', 'HTTP_TOO_MANY_STREAMS'],
});

const headers = {
  type: 'object',
  properties: { 'last-event-id': { type: 'string', description: 'The id of the last event that was seen' } },
} as const;

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    last: {
      type: 'integer',
      minimum: 0,
      maximum: KEPT_EVENTS,
      description: 'Begins with so many of the latest events, where there is no Last-Event-ID',
    },
    follow: { type: 'boolean', description: 'False: ends with the latest event (default: true)' },
  },
} as const;

interface EventsRequest {
  readonly Headers: { readonly 'last-event-id'?: string };
  readonly Querystring: { readonly last?: number; readonly follow?: boolean };
}

/** @param aliveMs how often a comment keeps proxies from closing the connection, and shows who is gone. */
export function registerEventRoutes(server: FastifyInstance, api: LarkApi, aliveMs: number): void {
  const streams = new Set<EventStream>();
  const places = new StreamPlaces('events');
  // Else a server that closes would wait for them for ever.
  server.addHook('preClose', async () => {
    for (const stream of [...streams]) stream.end();
  });
  server.get<EventsRequest>(
    '/v1/events',
    { exposeHeadRoute: false, schema: { ...docs, headers, querystring } },
    (request, reply) => {
      const leave = places.take(request.ip);
      reply.hijack();
      // Gone while it was looked at who asks: it would never be closed again.
      if (reply.raw.destroyed) {
        leave();
        return;
      }
      const { last = 0, follow = true } = request.query;
      const after = request.headers['last-event-id'] ?? api.events.idBeforeLast(last);
      const onClosed = () => {
        streams.delete(stream);
        leave();
      };
      const stream: EventStream = new EventStream({
        response: reply.raw,
        events: api.events,
        after,
        isFollowing: follow,
        aliveMs,
        onClosed,
      });
      streams.add(stream);
    },
  );
}

interface StreamParts {
  readonly response: ServerResponse;
  readonly events: EventSource;
  /** The id of the event after which the stream begins. */
  readonly after: string;
  /** False: it ends with the latest event. */
  readonly isFollowing: boolean;
  readonly aliveMs: number;
  readonly onClosed: () => void;
}

class EventStream {
  readonly #response: ServerResponse;
  readonly #events: EventSource;
  readonly #isFollowing: boolean;
  readonly #stop: () => void;
  readonly #alive: NodeJS.Timeout;
  #last: string;
  /** It has not taken what was written. */
  #isBlocked = false;
  #idleTicks = 0;

  constructor({ response, events, after, isFollowing, aliveMs, onClosed }: StreamParts) {
    this.#response = response;
    this.#events = events;
    this.#isFollowing = isFollowing;
    this.#last = after;
    // With which a client comes back that has seen no event: an id without data is none. A gap says its own.
    const begin = events.since(after, 0).hasGap ? undefined : after;
    response.writeHead(200, {
      ...STREAM_HEADERS,
      ...(begin !== undefined && { 'last-event-id': begin }),
    });
    // Without a byte some clients take the answer for not begun.
    response.write(begin === undefined ? ': lark\n\n' : `: lark\nid: ${begin}\n\n`);
    this.#stop = events.listen(() => this.#send());
    this.#alive = setInterval(() => this.#keepAlive(), aliveMs);
    response.on('drain', () => {
      this.#isBlocked = false;
      this.#idleTicks = 0;
      this.#send();
    });
    response.on('error', () => response.destroy());
    response.on('close', () => {
      this.#stop();
      clearInterval(this.#alive);
      onClosed();
    });
    this.#send();
  }

  end(): void {
    this.#response.end();
    // One that takes nothing would never see the end.
    if (this.#isBlocked) this.#response.destroy();
  }

  #send(): void {
    while (!this.#isBlocked && !this.#response.writableEnded && !this.#response.destroyed) {
      const { events, hasGap } = this.#events.since(this.#last, AT_ONCE);
      const last = events.at(-1)?.id ?? this.#events.lastId;
      const gap = hasGap ? gapText(this.#last, events[0] === undefined ? last : idBefore(events[0].id)) : '';
      const text = gap + events.map(eventText).join('');
      if (text === '') {
        if (!this.#isFollowing) this.#response.end();
        return;
      }
      this.#last = last;
      this.#isBlocked = !this.#response.write(text);
    }
  }

  #keepAlive(): void {
    if (!this.#isBlocked) {
      this.#isBlocked = !this.#response.write(': alive\n\n');
      return;
    }
    this.#idleTicks += 1;
    if (this.#idleTicks >= MOST_IDLE_TICKS) this.#response.destroy();
  }
}

function eventText({ id, event, at, data }: LarkEvent): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify({ at, ...data })}\n\n`;
}

/** Some of what came after `after` is not kept: what follows begins after `id`. */
function gapText(after: string, id: string): string {
  return `event: gap\nid: ${id}\ndata: ${JSON.stringify({ after })}\n\n`;
}

/** Ids count up by one. */
function idBefore(id: string): string {
  return id.replace(/\d+$/, (number) => String(Number(number) - 1));
}
