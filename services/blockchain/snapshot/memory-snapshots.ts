import { chunkName, type ChunkPlace } from './chunk.ts';
import type { SnapshotManifest } from './manifest.ts';
import type { SnapshotStore } from './ports.ts';

/** Snapshots in memory, for tests and simulation. */
export function memorySnapshots(): SnapshotStore {
  const chunks = new Map<number, Map<string, Uint8Array>>();
  const manifests = new Map<number, SnapshotManifest>();
  return {
    list: async () => [...manifests.values()].toSorted((a, b) => b.height - a.height),
    async begin(height) {
      manifests.delete(height);
      chunks.set(height, new Map());
    },
    async putChunk(height: number, place: ChunkPlace, encoded: Uint8Array) {
      chunks.get(height)?.set(chunkName(place), encoded.slice());
    },
    async complete(manifest) {
      manifests.set(manifest.height, manifest);
    },
    async chunk(height, place) {
      return manifests.has(height) ? chunks.get(height)?.get(chunkName(place))?.slice() : undefined;
    },
    async remove(height) {
      manifests.delete(height);
      chunks.delete(height);
    },
  };
}
