// The HTTP API, whole: it reads the LarkApi and the metrics. Who may ask what is in access.ts.
// Every refusal is a problem document.
// A client can make it hold at most `maxConnections` sockets, each with one bounded request for a bounded time; what it
// sends beyond that is refused before it is kept.

import type { Server } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import fastify, { type FastifyHttpOptions, type FastifyInstance, type FastifyRequest, type HTTPMethods } from 'fastify';
import type { Logger } from 'pino';
import type { ListenAddress, TlsConfig } from '../config/config.ts';
import { limitPeers } from '../listeners/limit-peers.ts';
import { type PeerFigures, PeerLimits, PeerRates, type Rate } from '../listeners/peer-limits.ts';
import type { RefusedConnections } from '../listeners/refused-connections.ts';
import {
  handshakeRefusal,
  isTlsHello,
  secureContextOf,
  TLS_HANDSHAKE_TIMEOUT_MS,
} from '../listeners/secure-context.ts';
import { tellDropped } from '../listeners/tcp-listener.ts';
import { AccessControl, type Tokens } from './access.ts';
import { registerAddressRoutes, registerAddressWriteRoutes } from './address-routes.ts';
import { DASHBOARD_ROUTES, registerDashboard } from './dashboard-routes.ts';
import { registerEventRoutes } from './event-routes.ts';
import { parserProblem, toProblem } from './framework-problem.ts';
import { registerHealthRoutes } from './health-routes.ts';
import { registerJobRoutes } from './job-routes.ts';
import { registerJobWriteRoutes } from './job-write-routes.ts';
import type { LarkApi } from './lark-api.ts';
import type { Metrics } from './metrics.ts';
import { registerNetworkRoutes } from './network-routes.ts';
import { documentRoutes, isDocumentation, serveDocumentation } from './openapi.ts';
import { registerPolicyRoutes } from './policy-routes.ts';
import { PROBLEM_MEDIA_TYPE, ProblemError, problemDocument } from './problem.ts';
import { problemKind } from './problem-catalogue.ts';
import { registerRateRoutes } from './rate-routes.ts';
import { registerRateStream } from './rate-stream.ts';
import type { RefusedRequest, RefusedRequests } from './refused-requests.ts';
import { routeDocs } from './route-docs.ts';
import { requireSameOrigin } from './same-origin.ts';

/** What takes a body has a limit of its own; this much is read of another before it is refused. */
const MAX_BODY_BYTES = 16 * 1024;
/** Request line and headers together. */
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_URL_LENGTH = 4096;
/** A registration key, decoded: four names of HTCondor's. */
const MAX_KEY_LENGTH = 2048;
/** For supervisors and load balancers, which have no token. */
const HEALTH_CHECKS: readonly string[] = ['/healthz', '/readyz'];
/** And the pages that ask people for theirs. */
const OPEN_TO_ALL: readonly string[] = [...HEALTH_CHECKS, ...DASHBOARD_ROUTES];
/** How often Node looks for requests that are late; its own default of 30 s would make the limit three times as long. */
const LATE_CHECK_INTERVAL_MS = 2000;

/** What a client may make the server hold or wait for. */
export interface HttpLimits {
  readonly maxConnections: number;
  /** Half of them. */
  readonly ofPeer: PeerFigures;
  /** Of one address, on all its connections; the health checks are not among them. */
  readonly requests: Rate;
  /** For a request to arrive whole. */
  readonly requestTimeoutMs: number;
  /** For its answer; longer than a switch may take to answer, so that `explain` can name the one that did not. */
  readonly handlerTimeoutMs: number;
  /** For the next request on a connection. */
  readonly keepAliveMs: number;
  /** How often a stream of events has a sign of life; a client that takes nothing for two of them is cut off. */
  readonly eventsAliveMs: number;
}

const LIMITS: HttpLimits = {
  maxConnections: 256,
  ofPeer: { connections: 128, perSec: 500, burst: 1000 },
  requests: { perSec: 1000, burst: 2000 },
  requestTimeoutMs: 10_000,
  handlerTimeoutMs: 15_000,
  keepAliveMs: 30_000,
  eventsAliveMs: 15_000,
};

export interface HttpServerParts {
  readonly api: LarkApi;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Left out: connections that are refused are not counted. */
  readonly refused?: RefusedConnections;
  /** Left out: nor are requests. */
  readonly refusedRequests?: RefusedRequests;
  /** Left out: without tokens. */
  readonly tokens?: Tokens;
  /** Undefined: plain HTTP. */
  readonly tls?: TlsConfig | undefined;
  /** Where they differ from the default. */
  readonly limits?: Partial<HttpLimits>;
}

/** Builds the server without listening: tests call its `inject`. */
export function buildHttpServer(parts: HttpServerParts): FastifyInstance {
  const { api, metrics, log, refused, refusedRequests, tls, tokens = () => undefined } = parts;
  const access = new AccessControl(tokens);
  const limits = { ...LIMITS, ...parts.limits };
  const options: FastifyHttpOptions<Server> = {
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_KEY_LENGTH },
    requestTimeout: limits.requestTimeoutMs,
    handlerTimeout: limits.handlerTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    // A request that is being answered is answered to its end; sockets that only wait are closed at once.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    ...protocolOptions(limits, tls),
    // An unknown or repeated parameter is an error, not something to drop in silence.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, allErrors: true, verbose: true } },
    // Thrown by the router, before there is a route whose types could tell what a reply may be.
    frameworkErrors: (error, request, reply) => {
      const problem = toProblem(error);
      refusedRequests?.add(problem, asked(request));
      reply.raw.writeHead(problem.statusCode, { 'content-type': PROBLEM_MEDIA_TYPE });
      reply.raw.end(JSON.stringify(problemDocument(problem, request)));
    },
    clientErrorHandler: (error, socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
      else if (isTlsHello(firstBytes(error))) {
        refused?.add('tls-on-plain', socket.remoteAddress);
        socket.destroy();
      } else {
        if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') refused?.add('silent', socket.remoteAddress);
        const problem = parserProblem(error.code);
        refusedRequests?.add(problem, { peer: socket.remoteAddress });
        socket.end(rawProblem(problem));
      }
    },
  };
  const server: FastifyInstance = fastify(options);
  if (tls !== undefined) {
    server.server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const [reason, detail] = handshakeRefusal(error, socket);
      refused?.add(reason, socket.remoteAddress, detail);
      // An answer would wait for the end of the handshake, and the connection with it, for ever.
      socket.destroy();
    });
  }
  tellDropped(server.server, limits.maxConnections, refused);
  const connected = tls === undefined ? 'connection' : 'secureConnection';
  limitPeers(server.server, new PeerLimits(limits.ofPeer), refused);
  closeSilentSockets(server, connected);
  const rates = new PeerRates(limits.requests);
  server.addHook('onRequest', async ({ ip, routeOptions }) => {
    if (HEALTH_CHECKS.includes(routeOptions.url ?? '') || rates.take(ip)) return;
    const { perSec } = limits.requests;
    const detail = `${ip} asks more than ${perSec} times a second.`;
    throw new ProblemError('HTTP_TOO_MANY_REQUESTS', detail, {}, { 'retry-after': '1' });
  });
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    if (request.url.length > MAX_URL_LENGTH) {
      throw new ProblemError(
        'HTTP_URI_TOO_LONG',
        `The URL has ${request.url.length} characters; ${MAX_URL_LENGTH} are taken.`,
      );
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      requireSameOrigin(request.headers, tokens() !== undefined);
  });
  // A route that forgets to say what it needs still needs the right to read.
  server.addHook('onRequest', async (request) => {
    const { url, config } = request.routeOptions;
    if (url === undefined || OPEN_TO_ALL.includes(url) || isDocumentation(url)) return;
    access.check(config.needs ?? 'read', request);
  });
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched';
    metrics.observeHttp(route, reply.statusCode, reply.elapsedTime / 1000);
  });

  server.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error);
    refusedRequests?.add(problem, asked(request));
    if (problem.code === 'HTTP_INTERNAL') {
      log.error({ err: error, requestId: request.id, method: request.method, url: request.url }, 'http.request_failed');
    }
    return reply
      .code(problem.statusCode)
      .headers(problem.headers)
      .type(PROBLEM_MEDIA_TYPE)
      .send(JSON.stringify(problemDocument(problem, request)));
  });
  server.setNotFoundHandler((request) => {
    throw new ProblemError('HTTP_ROUTE_NOT_FOUND', `There is nothing at ${request.url.split('?', 1)[0]}.`);
  });

  const methods = new Map<string, Set<string>>();
  server.addHook('onRoute', (route) => {
    const ofPath = methods.get(route.url) ?? new Set();
    methods.set(route.url, new Set([...ofPath, ...[route.method].flat()]));
  });
  documentRoutes(server, api.status().version);
  // A plugin, and a scope within it: what bodies are taken differs from route to route.
  void server.register(async (scope) => {
    registerHealthRoutes(scope, api);
    registerJobRoutes(scope, api);
    registerAddressRoutes(scope, api);
    registerNetworkRoutes(scope, api);
    registerPolicyRoutes(scope, api);
    registerRateRoutes(scope, api);
    registerRateStream(scope, api);
    registerEventRoutes(scope, api, limits.eventsAliveMs);
    registerMetricsRoute(scope, metrics);
    registerDashboard(scope);
    await scope.register(async (writes) => {
      registerJobWriteRoutes(writes, api);
      registerAddressWriteRoutes(writes, api);
    });
    for (const [path, served] of [...methods]) refuseOtherMethods(scope, path, [...served]);
    await serveDocumentation(scope);
  });
  return server;
}

function registerMetricsRoute(server: FastifyInstance, metrics: Metrics): void {
  const schema = routeDocs({
    tag: 'service',
    summary: "The metrics of docs/metrics.md, in Prometheus's text format",
    answers: { 200: ['text', 'The page.'] },
    content: { 'text/plain': { schema: { type: 'string' } } },
  });
  server.get('/metrics', { schema }, async (_request, reply) => {
    const page = await metrics.page();
    return reply.type(metrics.contentType).send(page);
  });
}

/** A stopping Lark does not wait for those that have not asked anything whole: Node takes them for busy. */
function closeSilentSockets(server: FastifyInstance, event: 'connection' | 'secureConnection'): void {
  const silent = new Set<Socket>();
  let isClosing = false;
  server.server.on(event, (socket: Socket) => {
    // A handshake may end after the listener has closed.
    if (isClosing) socket.destroy();
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.server.on('request', ({ socket }) => silent.delete(socket));
  server.addHook('preClose', async () => {
    isClosing = true;
    for (const socket of silent) socket.destroy();
  });
}

function asked({ ip, method, url, id }: FastifyRequest): RefusedRequest {
  return { peer: ip, method, url, requestId: id };
}

/** Of what Node's parser could not take; its type is not what it is. */
function firstBytes({ rawPacket }: { readonly rawPacket?: unknown }): Uint8Array {
  return rawPacket instanceof Uint8Array ? rawPacket : new Uint8Array(0);
}

/** Node's own, for HTTP or HTTPS; fastify's types know the second as another kind of server, which it is in name only. */
function protocolOptions(limits: HttpLimits, tls: TlsConfig | undefined): Pick<FastifyHttpOptions<Server>, 'http'> {
  const http = {
    maxHeaderSize: MAX_HEADER_BYTES,
    connectionsCheckingInterval: Math.min(LATE_CHECK_INTERVAL_MS, limits.requestTimeoutMs),
  };
  if (tls === undefined) return { http };
  const wantsCertificate = tls.files.clientCa !== undefined;
  const https = {
    ...http,
    ...secureContextOf(tls),
    requestCert: wantsCertificate,
    rejectUnauthorized: wantsCertificate,
    handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS,
  };
  return { https } as unknown as Pick<FastifyHttpOptions<Server>, 'http'>;
}

/** Another certificate or CA, for new connections. */
export function useHttpTls({ server }: FastifyInstance, tls: TlsConfig | undefined): void {
  if (tls !== undefined && server instanceof HttpsServer) server.setSecureContext(secureContextOf(tls));
}

/** Starts listening and says where, which port 0 leaves to the system. Rejects where the address cannot be had. */
export async function listenHttp(server: FastifyInstance, listen: ListenAddress): Promise<ListenAddress> {
  await server.listen({ host: listen.host, port: listen.port });
  const address = server.server.address();
  return typeof address === 'object' && address !== null ? { host: address.address, port: address.port } : listen;
}

/** RFC 9110 §15.5.6: a path that exists answers 405 with Allow, not 404; and before any body is read. */
function refuseOtherMethods(server: FastifyInstance, path: string, served: readonly string[]): void {
  const others = server.supportedMethods.filter((method) => !served.includes(method));
  server.route({
    method: others as HTTPMethods[],
    url: path,
    schema: { hide: true },
    onRequest: async (request) => {
      throw new ProblemError(
        'HTTP_METHOD_NOT_ALLOWED',
        `${path} is served for ${served.join(', ')}; ${request.method} is not offered.`,
        {},
        { allow: served.join(', ') },
      );
    },
    handler: () => undefined,
  });
}

/** A whole HTTP response for a connection whose request could not be parsed, so that no reply object exists. */
function rawProblem(problem: ProblemError): string {
  const body = JSON.stringify(problemDocument(problem, { url: '' }));
  const { status, title } = problemKind(problem.code);
  return [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
