import { Type } from 'typebox';
import { toHex } from '#kernel';
import { REVALIDATE } from '../http/headers.ts';
import { Count, Hash, Height } from '../schemas/common.ts';
import { operation, type App, type RouteContext } from './context.ts';

const SnapshotsJson = Type.Object({
  items: Type.Array(
    Type.Object({
      height: Height,
      stateRoot: Hash,
      chunks: Count,
      entries: Type.Integer({ description: 'entries of the state: accounts and all else' }),
      bytes: Type.Integer({ description: 'bytes of all chunks' }),
    }),
  ),
});

/** The snapshots that joining nodes can have of this one. */
export function snapshotRoutes(app: App, { components }: RouteContext): void {
  const schema = operation('state', 'Snapshots of the state, newest first', SnapshotsJson, {});
  app.get('/snapshots', { schema }, async (_request, reply) => {
    const manifests = (await components.snapshots?.list()) ?? [];
    void reply.header('cache-control', REVALIDATE);
    const items = manifests.map(({ height, stateRoot, depths, entries, bytes }) => ({
      height,
      stateRoot: toHex(stateRoot),
      chunks: depths.length,
      entries,
      bytes,
    }));
    return { items };
  });
}
