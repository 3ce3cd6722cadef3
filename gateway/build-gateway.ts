import fastify, { type FastifyInstance } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { toHex, type Cancellable } from '#kernel';
import { gatewayError } from './errors.ts';
import { handleErrors, sendProblem } from './http/error-handling.ts';
import { isOpenToPublic } from './http/exposure.ts';
import { SECURITY_HEADERS } from './http/headers.ts';
import { problemOf, PROBLEM_TYPE } from './http/problem.ts';
import { isLoopback, RateLimiter } from './http/rate-limit.ts';
import { requestIds } from './http/request-id.ts';
import { RouteTable } from './http/route-table.ts';
import { validatorCompiler } from './http/validation.ts';
import { LIMITS } from './limits.ts';
import { createGatewayMetrics } from './metrics.ts';
import type { GatewayComponents } from './ports.ts';
import { accountRoutes } from './routes/accounts.ts';
import { attestationRoutes } from './routes/attestations.ts';
import { blockRoutes } from './routes/blocks.ts';
import type { App, RouteContext } from './routes/context.ts';
import { evidenceRoutes } from './routes/evidence.ts';
import { genesisRoutes } from './routes/genesis.ts';
import { lightRoutes } from './routes/light.ts';
import { networkRoutes } from './routes/network.ts';
import { collectOpenApi, openApiRoute } from './routes/openapi.ts';
import { operationsRoutes } from './routes/operations.ts';
import { pageRoutes } from './routes/pages.ts';
import { snapshotRoutes } from './routes/snapshots.ts';
import { stakingRoutes } from './routes/staking.ts';
import { statusRoutes } from './routes/status.ts';
import { submitRoutes } from './routes/submit.ts';
import { transactionRoutes } from './routes/transactions.ts';
import { validatorRoutes } from './routes/validator.ts';
import { validatorListRoutes } from './routes/validators.ts';
import { acceptStreams, streamRoute } from './stream/route.ts';
import { CLIENT_LIMITS, type ClientLimits } from './stream/stream-client.ts';
import { StreamHub } from './stream/stream-hub.ts';
import { FinalityWatch } from './submission/finality-watch.ts';
import { SubmissionGate } from './submission/submission-gate.ts';

/**
 * Builds the edge: REST under `/api/v2`, the stream, health and metrics. The app is ready but does not listen;
 * `listen` it, `inject` into it, and `close` it: then streams end with 1001 and waiting requests are answered.
 *
 * @param streamLimits bounds of each stream; others than the usual are for tests
 */
export async function buildGateway(
  components: GatewayComponents,
  streamLimits: ClientLimits = CLIENT_LIMITS,
): Promise<FastifyInstance> {
  const app = createApp(components);
  const routes = new RouteTable();
  app.addHook('onRoute', ({ url, method }) => routes.add(url, method));
  handleErrors(app, routes, components.logger);
  app.setValidatorCompiler(validatorCompiler);
  guard(app, components);
  acceptBinaryBodies(app);

  const hub = new StreamHub(components, streamLimits);
  const context = followChain(app, components, hub);
  measure(app, context);
  closeInTime(app, components);
  acceptStreams(app, hub);
  collectOpenApi(app, components.version);
  await app.register(async (api: App) => apiRoutes(api, context, hub), { prefix: '/api/v2' });
  await app.register(async (root: App) => {
    operationsRoutes(root, context);
    pageRoutes(root);
  });
  await app.ready();
  return app;
}

function createApp({ random, trustedProxies }: GatewayComponents): App {
  return fastify({
    logger: false,
    trustProxy: trustedProxies === undefined ? false : [...trustedProxies],
    bodyLimit: LIMITS.bodyBytesMax,
    requestTimeout: LIMITS.requestTimeoutMs,
    keepAliveTimeout: LIMITS.keepAliveTimeoutMs,
    http: { maxHeaderSize: LIMITS.headerBytesMax },
    routerOptions: { maxParamLength: 128, ignoreTrailingSlash: true },
    genReqId: requestIds(toHex(random.bytes(6))),
    // Members named __proto__ or constructor in a body are refused, not dropped in silence.
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    frameworkErrors: (error, request, reply) => {
      const refusal = gatewayError(
        'malformed-request',
        `the request target cannot be read: ${error.message}`,
      );
      void sendProblem(reply, refusal, { requestId: request.id });
    },
    clientErrorHandler: (error, socket) => {
      if (!socket.writable || ('code' in error && error.code === 'ECONNRESET')) return void socket.destroy();
      const problem = gatewayError('malformed-request', `this is not an HTTP request: ${error.message}`);
      const body = JSON.stringify(problemOf(problem));
      const head = [
        'HTTP/1.1 400 Bad Request',
        `content-type: ${PROBLEM_TYPE}`,
        `content-length: ${Buffer.byteLength(body)}`,
        'connection: close',
      ];
      socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
}

/** Headers of every answer, what is open to whom, and the rate limit of every address beyond loopback. */
function guard(app: App, { clock, publicExposure, rateLimit }: GatewayComponents): void {
  const limit = rateLimit ?? { perSecond: LIMITS.ratePerSecond, burst: LIMITS.rateBurst };
  const limiter = new RateLimiter(limit, LIMITS.rateAddressesMax, clock);
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    const route = request.routeOptions.url;
    if (publicExposure && route !== undefined && !isOpenToPublic(request.method, route)) {
      return done(
        gatewayError('not-public', 'this node serves reads and signed transactions to the network'),
      );
    }
    const { ip } = request;
    if (isLoopback(ip)) return done();
    const waitMs = limiter.take(ip);
    if (waitMs === 0) return done();
    const retryAfterSeconds = Math.ceil(waitMs / 1000);
    const message = `at most ${limit.perSecond} requests a second; wait ${retryAfterSeconds} s`;
    return done(gatewayError('rate-limited', message, { retryAfterSeconds }));
  });
}

/** Counts every answer by its route. */
function measure(app: App, { metrics }: RouteContext): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    metrics.answered(request.method, route, reply.statusCode, reply.elapsedTime);
    done();
  });
}

/** Requests that do not end by themselves are cut off some time after the app began to close. */
function closeInTime(app: App, { scheduler }: GatewayComponents): void {
  let deadline: Cancellable | undefined;
  app.addHook('preClose', (done) => {
    deadline = scheduler.after(LIMITS.closeMs, () => app.server.closeAllConnections());
    done();
  });
  app.addHook('onClose', (_app, done) => {
    deadline?.cancel();
    done();
  });
}

/** Bytes are taken as they are; text in other types than JSON is refused with 415. */
function acceptBinaryBodies(app: App): void {
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
}

/** What requests share that changes with the chain. */
function followChain(app: App, components: GatewayComponents, hub: StreamHub): RouteContext {
  const watch = new FinalityWatch(components.scheduler, {
    waitersMax: LIMITS.waitersMax,
    droppedMax: LIMITS.droppedRememberedMax,
  });
  const unsubscribe = [
    components.chain.onFinalised((event) => watch.finalised(event)),
    components.mempool.onDropped((transaction, error) => watch.dropped(transaction, error)),
  ];
  app.addHook('preClose', (done) => {
    for (const end of unsubscribe) end();
    watch.close();
    done();
  });
  const gate = new SubmissionGate(LIMITS.submissionsInFlightMax);
  const metrics = createGatewayMetrics({
    streams: () => hub.clients,
    waiters: () => watch.waiting,
    submissionsInFlight: () => gate.inFlight,
  });
  return { components, watch, gate, metrics };
}

function apiRoutes(api: App, context: RouteContext, hub: StreamHub): void {
  statusRoutes(api, context);
  submitRoutes(api, context);
  transactionRoutes(api, context);
  blockRoutes(api, context);
  accountRoutes(api, context);
  attestationRoutes(api, context);
  lightRoutes(api, context);
  snapshotRoutes(api, context);
  networkRoutes(api, context);
  validatorListRoutes(api, context);
  validatorRoutes(api, context);
  stakingRoutes(api, context);
  evidenceRoutes(api, context);
  genesisRoutes(api, context);
  openApiRoute(api);
  streamRoute(api, hub, context.components.allowedOrigins ?? []);
}
