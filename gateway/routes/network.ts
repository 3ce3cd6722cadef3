import { Type } from 'typebox';
import { NO_STORE } from '../http/headers.ts';
import { jsonValue } from '../json/json-value.ts';
import { AnyObject, operation, type App, type RouteContext } from './context.ts';

const PeersJson = Type.Object({ self: Type.String(), items: Type.Array(AnyObject) });

/** Consensus and peers. */
export function networkRoutes(app: App, { components }: RouteContext): void {
  const { consensus, peers } = components;
  const round = operation('consensus', 'The height, round and step that consensus is in', AnyObject, {});
  app.get('/consensus', { schema: round }, (_request, reply) =>
    reply.header('cache-control', NO_STORE).send(jsonValue(consensus.status())),
  );
  const list = operation('peers', 'The connected peers', PeersJson, {});
  app.get('/peers', { schema: list }, (_request, reply) => {
    const items = peers.peers().map((peer) => jsonValue(peer) as object);
    return reply.header('cache-control', NO_STORE).send({ self: peers.self, items });
  });
}
