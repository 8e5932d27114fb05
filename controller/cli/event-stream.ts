// /v1/events as its client sees it: events one by one, from a connection that is taken up again whenever it is lost. What came
// meanwhile is asked for by the id of the last event; where Lark no longer has all of it, it says so with an event `gap`.

import { setTimeout as delay } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { type ClientOptions, getStream, reasonOf } from './client.ts';
import { CliError, ExitCode } from './exit-code.ts';

export interface StreamedEvent {
  /** With which to go on after it. */
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** As many as Lark keeps. */
export const KEPT = 4096;
/** Lark shows a sign of life every 15 s. */
const MOST_SILENT_MS = 45_000;
const FIRST_WAIT_MS = 500;
const MOST_WAIT_MS = 10_000;
/** No event is near this long. */
const MOST_BUFFERED = 4 * 1024 * 1024;

/** What is kept, or came after an id, and the id after which what comes next begins. Throws a CliError. */
export async function keptEvents(
  options: ClientOptions,
  after: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly events: readonly StreamedEvent[]; readonly lastId: string | undefined }> {
  const query = `/v1/events?last=${KEPT}&follow=false`;
  const response = await getStream(options, query, headersFor(after), signal);
  const events: StreamedEvent[] = [];
  let lastId = response.headers.get('last-event-id') ?? undefined;
  for await (const event of eventsOf(response, signal)) {
    events.push(event);
    lastId = event.id;
  }
  return { events, lastId };
}

export interface Following {
  readonly client: ClientOptions;
  /** The id after which to begin; undefined: with what happens next. */
  readonly after: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told of each connection that was lost, once, and of the one that took its place. */
  readonly onLost: (reason: string) => void;
  readonly onBack: () => void;
}

/** Until `signal` ends it. Throws a CliError where the first connection fails, or Lark refuses to go on. */
export async function* followEvents({
  client,
  after,
  signal,
  onLost,
  onBack,
}: Following): AsyncGenerator<StreamedEvent> {
  let last = after;
  let hasBegun = false;
  for (let waitMs = 0; !signal.aborted; ) {
    try {
      const response = await getStream(client, '/v1/events', headersFor(last), signal);
      if (waitMs > 0) onBack();
      hasBegun = true;
      waitMs = 0;
      last = response.headers.get('last-event-id') ?? last;
      for await (const event of eventsOf(response, signal)) {
        last = event.id;
        yield event;
      }
      if (!signal.aborted) onLost('Lark ended it');
    } catch (error) {
      if (signal.aborted) return;
      const isRefusal = error instanceof CliError;
      if (isRefusal && (!hasBegun || error.exitCode !== ExitCode.UNREACHABLE)) throw error;
      if (waitMs === 0) onLost(reasonOf(error));
    }
    waitMs = Math.min(waitMs === 0 ? FIRST_WAIT_MS : 2 * waitMs, MOST_WAIT_MS);
    await delay(waitMs, undefined, { signal }).catch(() => {});
  }
}

function headersFor(after: string | undefined): Readonly<Record<string, string>> {
  return after === undefined ? {} : { 'last-event-id': after };
}

/** Ends with the answer, or with `signal`; throws where the connection is cut or silent for too long. */
async function* eventsOf(response: Response, signal: AbortSignal): AsyncGenerator<StreamedEvent> {
  const read: StreamedEvent[] = [];
  const parser = createParser({
    maxBufferSize: MOST_BUFFERED,
    onEvent: ({ id = '', event = 'message', data }) => read.push({ id, event, data: JSON.parse(data) }),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw error;
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await readInTime(reader, signal);
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* read.splice(0);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function readInTime(reader: ReadableStreamDefaultReader<Uint8Array>, signal: AbortSignal) {
  const inTime = new AbortController();
  const silence = delay(MOST_SILENT_MS, undefined, { signal: AbortSignal.any([inTime.signal, signal]) }).then(() => {
    throw new Error(`it was silent for ${MOST_SILENT_MS / 1000} seconds`);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    inTime.abort();
    silence.catch(() => {});
  }
}
