import type { StateEngine } from '#engines/state';
import type { Logger, Scheduler } from '#kernel';
import { blockchainError } from '../errors.ts';
import { readRoot } from '../ledger/roots.ts';
import { EMPTY_HASH } from '../tree/node.ts';
import { chunkCodec, type ChunkPlace } from './chunk.ts';
import type { SnapshotManifest } from './manifest.ts';
import type { SnapshotStore } from './ports.ts';
import { walkChunks } from './walk-chunks.ts';

export interface SnapshotsInit {
  /** A snapshot is made of every height that this divides; 0 makes none. */
  readonly interval: number;
  /** Snapshots kept, the newest. */
  readonly keep: number;
  /** For tests. */
  readonly chunkTargetBytes?: number;
}

export interface SnapshotsComponents {
  readonly engine: StateEngine;
  readonly store: SnapshotStore;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** Makes snapshots of the state in the background and gives them out. */
export interface Snapshots {
  /** Whether a height is one that a snapshot is made of. */
  isDue(height: number): boolean;
  /** A height became final: begins a snapshot when it is one for it and none is under way. Returns at once. */
  finalised(height: number): void;
  /** The state of this height is being read: pruning must leave it. */
  held(): number | undefined;
  list(): Promise<readonly SnapshotManifest[]>;
  /** The encoded chunk of a complete snapshot. */
  chunk(height: number, place: ChunkPlace): Promise<Uint8Array | undefined>;
  /** Resolves when no snapshot is under way. */
  idle(): Promise<void>;
  /** Ends the snapshot under way, unfinished. */
  stop(): Promise<void>;
}

/**
 * SNAP-5: a snapshot reads one version of the tree, whose nodes no block changes; pruning leaves them until it is
 * done. Blocks go on meanwhile: the walk lets everything else have its turn after each node.
 */
export function createSnapshots(init: SnapshotsInit): (components: SnapshotsComponents) => Snapshots {
  return (components) => new BackgroundSnapshots(init, components);
}

class BackgroundSnapshots implements Snapshots {
  readonly #init: SnapshotsInit;
  readonly #components: SnapshotsComponents;
  readonly #logger: Logger;
  #running: Promise<void> | undefined;
  #held: number | undefined;
  #stopping = false;
  #manifests: readonly SnapshotManifest[] | undefined;

  constructor(init: SnapshotsInit, components: SnapshotsComponents) {
    this.#init = init;
    this.#components = components;
    this.#logger = components.logger.child({ context: 'snapshots' });
  }

  isDue(height: number): boolean {
    const { interval } = this.#init;
    return interval !== 0 && height % interval === 0;
  }

  finalised(height: number): void {
    if (!this.isDue(height) || this.#stopping) return;
    if (this.#running !== undefined) {
      this.#logger.warn(
        { height, making: this.#held },
        'no snapshot is made of this height: one is under way',
      );
      return;
    }
    this.#held = height;
    this.#running = this.#make(height)
      .catch((error: unknown) => {
        // A snapshot that is not made hurts nobody: the node goes on, and the next interval tries again.
        if (!this.#stopping) this.#logger.error({ height, error }, 'a snapshot could not be made');
      })
      .finally(() => {
        this.#running = undefined;
        this.#held = undefined;
      });
  }

  held(): number | undefined {
    return this.#held;
  }

  async list(): Promise<readonly SnapshotManifest[]> {
    this.#manifests ??= await this.#components.store.list();
    return this.#manifests;
  }

  async chunk(height: number, place: ChunkPlace): Promise<Uint8Array | undefined> {
    const known = (await this.list()).some((manifest) => manifest.height === height);
    return known ? this.#components.store.chunk(height, place) : undefined;
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #make(height: number): Promise<void> {
    const { engine, store } = this.#components;
    const root = await readRoot(engine, height);
    await store.begin(height);
    const targetBytes = this.#init.chunkTargetBytes;
    let [entries, bytes] = [0, 0];
    const places = await walkChunks(root, {
      reader: { getMany: (keys) => engine.getMany('tree', keys) },
      breathe: () => this.#breathe(),
      emit: async (chunk) => {
        const encoded = chunkCodec.encodeTrusted(chunk);
        entries += chunk.entries.length;
        bytes += encoded.length;
        await store.putChunk(height, chunk, encoded);
      },
      ...(targetBytes === undefined ? {} : { targetBytes }),
    });
    const depths = Uint8Array.from(places, ({ depth }) => depth);
    const stateRoot = root?.hash ?? EMPTY_HASH;
    await store.complete({ height, stateRoot, entries, bytes, depths });
    await this.#dropOld();
    this.#logger.info({ height, chunks: places.length, entries, bytes }, 'a snapshot was made');
  }

  async #dropOld(): Promise<void> {
    const { store } = this.#components;
    const all = await store.list();
    const [kept, old] = [all.slice(0, this.#init.keep), all.slice(this.#init.keep)];
    this.#manifests = kept;
    for (const { height } of old) await store.remove(height);
  }

  async #breathe(): Promise<void> {
    if (this.#stopping) throw blockchainError('not-open', 'the node stops; the snapshot is left unfinished');
    await new Promise<void>((resolve) => this.#components.scheduler.soon(resolve));
  }
}
