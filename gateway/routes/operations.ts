import type { FastifySchema } from 'fastify';
import { Type } from 'typebox';
import { NO_STORE } from '../http/headers.ts';
import { operation, type App, type RouteContext } from './context.ts';

const LiveJson = Type.Object({ status: Type.Literal('live') });
const ReadyJson = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('not-ready')]),
  reasons: Type.Array(Type.String()),
});

/** Health for the platform, and metrics. Not under `/api`: these are the node's, not the chain's. */
export function operationsRoutes(app: App, { components, metrics: own }: RouteContext): void {
  const live = operation('operations', 'The process answers', LiveJson, {});
  app.get('/health/live', { schema: live }, (_request, reply) =>
    reply.header('cache-control', NO_STORE).send({ status: 'live' as const }),
  );
  const ready: FastifySchema = {
    tags: ['operations'],
    summary: 'The node does its work: 503 with the reasons when not',
    response: { 200: ReadyJson, 503: ReadyJson },
  };
  app.get('/health/ready', { schema: ready }, (_request, reply) => {
    const { ready: isReady, reasons } = components.readiness();
    return reply
      .code(isReady ? 200 : 503)
      .header('cache-control', NO_STORE)
      .send({ status: isReady ? 'ready' : 'not-ready', reasons: [...reasons] });
  });
  const metrics = { tags: ['operations'], summary: 'Metrics in the Prometheus text format' };
  app.get('/metrics', { schema: metrics }, async (_request, reply) => {
    const [{ contentType, body }, ownText] = await Promise.all([components.metrics(), own.text()]);
    return reply.type(contentType).header('cache-control', NO_STORE).send(`${body}\n${ownText}`);
  });
}
