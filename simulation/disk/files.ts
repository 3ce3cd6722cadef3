import type { SeededRandom } from '../random.ts';

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

interface FileContents {
  /** Of memory of its own, in which it grows. */
  durable: Uint8Array;
  /** Changes since the last sync, in order. */
  pending: Change[];
}

/** Files of one directory as a disk holds them: what was synced, and what only the page cache has. */
export class Files {
  #files = new Map<string, FileContents>();
  /** Removed since the directory was last synced: power loss may bring them back. */
  #removed = new Map<string, FileContents>();

  names(): string[] {
    return [...this.#files.keys()].toSorted();
  }

  read(name: string): Uint8Array | undefined {
    const file = this.#files.get(name);
    return file === undefined ? undefined : applied(file.durable.slice(), file.pending);
  }

  /** Creates a file durably, with its directory entry. */
  create(name: string): void {
    if (this.#files.has(name)) return;
    this.#files.set(name, { durable: new Uint8Array(0), pending: [] });
    this.#removed.clear();
  }

  write(name: string, position: number, bytes: Uint8Array): void {
    this.#files.get(name)?.pending.push({ kind: 'write', position, bytes: bytes.slice() });
  }

  truncate(name: string, length: number): void {
    this.#files.get(name)?.pending.push({ kind: 'truncate', length });
  }

  /** How many changes a sync that begins now covers. */
  pendingOf(name: string): number {
    return this.#files.get(name)?.pending.length ?? 0;
  }

  /** Syncs that ended. */
  syncs = 0;

  /** The first `count` changes are on the disk. */
  sync(name: string, count: number): void {
    this.syncs++;
    const file = this.#files.get(name);
    if (file === undefined) return;
    file.durable = applied(file.durable, file.pending.splice(0, count));
  }

  remove(name: string): void {
    const file = this.#files.get(name);
    if (file === undefined) return;
    this.#files.delete(name);
    this.#removed.set(name, file);
  }

  /** The operator takes the whole directory away. */
  clear(): void {
    this.#files.clear();
    this.#removed.clear();
  }

  /** Bytes written. */
  get bytes(): number {
    return [...this.#files.values()].reduce((sum, { durable }) => sum + durable.length, 0);
  }

  /**
   * Power loss: of the unsynced changes a random part is on the disk, in any order of sectors, the last perhaps
   * torn, or with the file's length on disk and zeros or garbage where the data should be.
   */
  losePower(random: SeededRandom): void {
    for (const [name, file] of this.#removed) if (random.chance(0.5)) this.#files.set(name, file);
    this.#removed.clear();
    for (const file of this.#files.values()) {
      const kept: Change[] = [];
      for (const change of file.pending) {
        if (random.chance(0.5)) continue;
        kept.push(change.kind === 'truncate' ? change : { ...change, bytes: torn(change.bytes, random) });
      }
      file.durable = applied(file.durable, kept);
      file.pending = [];
    }
  }
}

function torn(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const whole = random.integer(bytes.length + 1);
  switch (random.integer(4)) {
    case 0:
      return bytes;
    case 1:
      return Uint8Array.from(bytes, (byte, index) => (index < whole ? byte : 0));
    case 2:
      return Uint8Array.from(bytes, (byte, index) => (index < whole ? byte : random.integer(256)));
    default:
      return bytes.slice(0, whole);
  }
}

/** The file after the changes: written in place, where what it grows into has room. */
function applied(durable: Uint8Array, changes: readonly Change[]): Uint8Array {
  let bytes = durable;
  for (const change of changes) {
    if (change.kind === 'truncate') bytes = resized(bytes, change.length);
    else {
      const end = change.position + change.bytes.length;
      if (end > bytes.length) bytes = resized(bytes, end);
      bytes.set(change.bytes, change.position);
    }
  }
  return bytes;
}

/** The bytes cut off, or with zeros after them. What a file grows into is twice as large, for what comes next. */
function resized(bytes: Uint8Array, length: number): Uint8Array {
  const { buffer } = bytes;
  if (length <= buffer.byteLength) {
    // A longer file may have been there before.
    if (length > bytes.length) new Uint8Array(buffer).fill(0, bytes.length, length);
    return new Uint8Array(buffer, 0, length);
  }
  const grown = new Uint8Array(2 * length);
  grown.set(bytes);
  return grown.subarray(0, length);
}
