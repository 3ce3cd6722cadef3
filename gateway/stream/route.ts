import websocket from '@fastify/websocket';
import { Type } from 'typebox';
import { gatewayError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { App } from '../routes/context.ts';
import { strict } from '../schemas/common.ts';
import type { StreamHub } from './stream-hub.ts';
import { parseFilter, parseTopic, takesAccount, TOPICS, type Topic } from './topics.ts';

const StreamQuery = strict({
  topics: Type.Optional(
    Type.String({ maxLength: 200, description: `subscribe at once, by comma: ${TOPICS.join(', ')}` }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 40 })),
  hash: Type.Optional(Type.String({ maxLength: 64 })),
  account: Type.Optional(Type.String({ maxLength: 90 })),
});

/** Lets the app upgrade connections; closes the streams before it closes. Call on the app itself. */
export function acceptStreams(app: App, hub: StreamHub): void {
  void app.register(websocket, {
    options: { maxPayload: LIMITS.streamMessageBytesMax, perMessageDeflate: false, clientTracking: false },
    // A client's broken connection is no failure of the node.
    errorHandler: (_error, socket) => socket.terminate(),
    preClose: () => hub.close(),
  });
}

/** `GET /stream`: what becomes final, and what happens on this node, as it does. */
export function streamRoute(app: App, hub: StreamHub, allowedOrigins: readonly string[]): void {
  const schema = {
    tags: ['stream'],
    summary:
      'WebSocket: blocks, transactions, receipts, events of validators, consensus and network as they happen',
    description: STREAM_TEXT,
    querystring: StreamQuery,
  };
  app.route<{ Querystring: { topics?: string; cursor?: string; hash?: string; account?: string } }>({
    method: 'GET',
    url: '/stream',
    schema,
    exposeHeadRoute: false,
    preHandler: (request, _reply, done) => {
      if (!request.ws) {
        const message = 'this resource is a WebSocket; connect with ws:// and see /api/v2/docs';
        return done(gatewayError('upgrade-required', message));
      }
      const { origin, host } = request.headers;
      if (origin !== undefined && !isOwnOrigin(origin, host) && !allowedOrigins.includes(origin)) {
        return done(gatewayError('foreign-origin', `pages of ${origin.slice(0, 100)} may not connect here`));
      }
      try {
        hub.assertRoom(request.ip);
        wishesOf(request.query);
      } catch (error) {
        return done(error as Error);
      }
      return done();
    },
    handler: (_request, reply) => reply.code(426).send(),
    wsHandler: (socket, request) => {
      const session = hub.join(socket, request.ip);
      const { topics, filterOf } = wishesOf(request.query);
      if (topics.length === 0) return;
      try {
        const cursor = session.subscribe(topics, filterOf, request.query.cursor);
        session.client.sendJson({ subscribed: topics, cursor });
      } catch (error) {
        session.refuse(error);
      }
    },
  });
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined) return false;
  return origin === `http://${host}` || origin === `https://${host}`;
}

/**
 * What the query of the connection subscribes to; `hash` and `account` choose where a topic takes them.
 *
 * @throws `gateway.unknown-topic`, `gateway.filter-required`, `gateway.filter-unsupported`, `kernel.*`
 */
function wishesOf(query: { topics?: string; cursor?: string; hash?: string; account?: string }) {
  const topics = [...new Set((query.topics ?? '').split(',').filter((text) => text !== ''))].map(parseTopic);
  const filterOf = (topic: Topic) => {
    const hash = topic === 'receipts' ? query.hash : undefined;
    const account = takesAccount(topic) ? query.account : undefined;
    return parseFilter(topic, hash, account);
  };
  if (topics.length === 0 && Object.keys(query).length > 0) {
    throw gatewayError('filter-required', 'name the topics, as in ?topics=blocks,transactions');
  }
  for (const topic of topics) filterOf(topic);
  return { topics, filterOf };
}

const STREAM_TEXT = `Messages are JSON text. Send \`{"subscribe": topic}\` with \`hash\` or \`account\` where the
topic takes one, \`cursor\` to resume after a message received before, and \`id\` to find the answer; send
\`{"unsubscribe": topic}\` to end it. Topics: \`blocks\`, \`transactions\` (all, or of an account), \`receipts\`
(by hash: at once if final already, then complete; or of an account), \`validators\` (what happened to validators and
stake, all or of a validator or account, as CloudEvents 1.0; \`source\` and \`id\` are the same on every node), \`consensus\` and \`network\` (of this node,
best effort, no cursor).

Received: \`{"topic", "cursor", "data"}\`, \`{"subscribed", "cursor"}\`, \`{"unsubscribed"}\`, and
\`{"error": problem, "cursor"}\`. A cursor is \`height.position\`: position 0 is the block, n its n-th transaction,
and events of validators come after the last transaction;
\`height\` alone is the end of that block. The server pings; a client that does not read is closed with
\`gateway.slow-consumer\` and the cursor to resume from. The node closes with 1001 when it stops.`;
