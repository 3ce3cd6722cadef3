import type { ChunkPlace } from './chunk.ts';
import type { SnapshotManifest } from './manifest.ts';

/** Where snapshots are kept. A snapshot is listed from its manifest on: it is written last. */
export interface SnapshotStore {
  /** Complete snapshots, newest first. */
  list(): Promise<SnapshotManifest[]>;
  /** Removes what an unfinished snapshot of the height left behind. */
  begin(height: number): Promise<void>;
  putChunk(height: number, place: ChunkPlace, encoded: Uint8Array): Promise<void>;
  /** Makes the snapshot complete; durable before it returns. */
  complete(manifest: SnapshotManifest): Promise<void>;
  /** Undefined when there is no such chunk. */
  chunk(height: number, place: ChunkPlace): Promise<Uint8Array | undefined>;
  remove(height: number): Promise<void>;
}
