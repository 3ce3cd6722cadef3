import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCodedError } from '#kernel';
import { chunkName, type ChunkPlace } from './chunk.ts';
import { manifestCodec, placesOf, type SnapshotManifest } from './manifest.ts';
import type { SnapshotStore } from './ports.ts';

const MANIFEST = 'manifest';

/**
 * Snapshots as files: a folder a height, a file a chunk, and the manifest, which is renamed into its place when all
 * else is on disk. What a crash left without a manifest is not listed, and overwritten or removed later.
 */
export async function openFileSnapshots(directory: string): Promise<SnapshotStore> {
  await mkdir(directory, { recursive: true });
  const folderOf = (height: number) => join(directory, String(height));
  const fileOf = (height: number, place: ChunkPlace) => join(folderOf(height), chunkName(place));

  async function manifestOf(height: number): Promise<SnapshotManifest | undefined> {
    const bytes = await readIfThere(join(folderOf(height), MANIFEST));
    if (bytes === undefined) return undefined;
    try {
      const manifest = manifestCodec.decode(bytes);
      return manifest.height === height && placesOf(manifest.depths) !== undefined ? manifest : undefined;
    } catch (error) {
      // A damaged manifest is as good as none: peers would refuse what it says.
      if (!isCodedError(error)) throw error;
      return undefined;
    }
  }

  return {
    async list() {
      const heights = (await readdir(directory)).filter((name) => /^\d{1,16}$/.test(name)).map(Number);
      const found = await Promise.all(heights.map(manifestOf));
      return found.filter((manifest) => manifest !== undefined).toSorted((a, b) => b.height - a.height);
    },
    async begin(height) {
      await rm(folderOf(height), { recursive: true, force: true });
      await mkdir(folderOf(height));
    },
    async putChunk(height, place, encoded) {
      await writeFile(fileOf(height, place), encoded, { flush: true });
    },
    async complete(manifest) {
      const folder = folderOf(manifest.height);
      const unfinished = join(folder, `${MANIFEST}.new`);
      await writeFile(unfinished, manifestCodec.encode(manifest), { flush: true });
      await rename(unfinished, join(folder, MANIFEST));
      await syncFolder(folder);
    },
    chunk: (height, place) => readIfThere(fileOf(height, place)),
    async remove(height) {
      // First the manifest: what is left of a removal that a crash cut short is not listed.
      await rm(join(folderOf(height), MANIFEST), { force: true });
      await rm(folderOf(height), { recursive: true, force: true });
    },
  };
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
