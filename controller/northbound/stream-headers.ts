/** Of an answer that is a stream of server-sent events: fastify's own headers are not sent with one that is written by hand. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;
