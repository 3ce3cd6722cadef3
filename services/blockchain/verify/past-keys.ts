import type { RangeOptions } from '#engines/state';
import { compareBytes, toHex } from '#kernel';
import { STAKE_TAGS } from '#services/validator';
import { compareTrees } from '../tree/compare-trees.ts';
import { leavesOf } from '../tree/leaves-of.ts';
import type { ChildRef } from '../tree/node.ts';
import type { NodeReader } from '../tree/state-tree.ts';

const STAKE_TAG_SET: ReadonlySet<number> = new Set(Object.values(STAKE_TAGS));

/** True for keys of the tables whose entries come and go; no other entry was ever removed. */
export function comesAndGoes(key: Uint8Array): boolean {
  return STAKE_TAG_SET.has(key[0] ?? 0);
}

/**
 * The keys that a past version had, of the tables whose entries come and go: the tip no longer knows all of them, the
 * leaves of the version's tree do. Moving to another version takes the time of the difference.
 */
export class PastKeys {
  readonly #reader: NodeReader;
  /** By tag, then by the hex of the key. */
  readonly #keys = new Map<number, Map<string, Uint8Array>>();
  #root: ChildRef | undefined;
  #isRead = false;

  constructor(reader: NodeReader) {
    this.#reader = reader;
  }

  async moveTo(root: ChildRef | undefined): Promise<void> {
    if (this.#isRead) await this.#follow(root);
    else {
      for await (const leaves of leavesOf(this.#reader, root)) for (const { key } of leaves) this.#add(key);
    }
    this.#isRead = true;
    this.#root = root;
  }

  async #follow(root: ChildRef | undefined): Promise<void> {
    const { added, removed } = await compareTrees(this.#reader, this.#root, root);
    for (const { node } of removed)
      if (node.kind === 'leaf') this.#keys.get(node.key[0] ?? 0)?.delete(toHex(node.key));
    for (const { node } of added) if (node.kind === 'leaf') this.#add(node.key);
  }

  #add(key: Uint8Array): void {
    if (!comesAndGoes(key)) return;
    const tag = key[0] ?? 0;
    const keys = this.#keys.get(tag) ?? new Map<string, Uint8Array>();
    this.#keys.set(tag, keys.set(toHex(key), key));
  }

  /** Keys within bounds, in order. */
  within({ gte, gt, lt, lte, reverse = false, limit = Infinity }: RangeOptions): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (const keys of this.#keys.values()) {
      for (const key of keys.values()) {
        const isIn =
          (gte === undefined || compareBytes(key, gte) >= 0) &&
          (gt === undefined || compareBytes(key, gt) > 0) &&
          (lt === undefined || compareBytes(key, lt) < 0) &&
          (lte === undefined || compareBytes(key, lte) <= 0);
        if (isIn) found.push(key);
      }
    }
    found.sort(reverse ? (a, b) => compareBytes(b, a) : compareBytes);
    return found.slice(0, limit);
  }
}
