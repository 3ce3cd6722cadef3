import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openStateEngine, type StateEngine } from '#engines/state';
import type { CrashNode } from './crash-network.ts';

const POLL_MS = 200;
const PAGE = 50;

interface BlockView {
  readonly height: number;
  readonly hash: string;
  readonly stateRoot: string;
}

/** Hash and state root of the block of a height, who said so first. */
interface Known {
  readonly hash: string;
  readonly stateRoot: string;
  readonly by: string;
}

/** What a home holds, read from its database without the node's own chain. */
export interface StoredChain {
  readonly hashes: ReadonlyMap<number, string>;
  readonly transactions: ReadonlySet<string>;
  readonly roots: ReadonlyMap<number, string>;
  readonly tip: number;
}

/** Follows what all nodes say is final, and compares it with what their databases hold in the end. */
export class ChainOracle {
  readonly findings: string[] = [];
  readonly #known = new Map<number, Known>();
  /** Height that each node said is final. */
  readonly #heights = new Map<string, number>();
  readonly #stopping = new AbortController();
  #followers: Promise<void>[] = [];

  get height(): number {
    return Math.max(0, ...this.#heights.values());
  }

  /** Waits for a height after the last one, for so long. */
  async nextHeight(withinMs: number): Promise<void> {
    const { height } = this;
    const deadlineMs = performance.now() + withinMs;
    while (this.height === height && performance.now() < deadlineMs) await pause(POLL_MS / 4);
  }

  follow(nodes: readonly CrashNode[]): void {
    this.#followers = nodes.map((node) => this.#follow(node));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#followers);
  }

  async #follow(node: CrashNode): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      if (node.isRunning) await this.#look(node);
      await pause(POLL_MS, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  async #look(node: CrashNode): Promise<void> {
    const status = await node.get<{ height: number }>('/status');
    const before = this.#heights.get(node.name) ?? 0;
    if (status === undefined || status.height === before) return;
    if (status.height < before) {
      this.findings.push(`${node.name} lost final blocks: it said ${before}, and now ${status.height}`);
    }
    let cursor: string | undefined;
    for (let lowest = Number.POSITIVE_INFINITY; lowest > before + 1;) {
      const more: string = cursor === undefined ? '' : `&cursor=${cursor}`;
      const page = await node.get<{ items: BlockView[]; nextCursor?: string }>(
        `/blocks?limit=${PAGE}${more}`,
      );
      if (page === undefined) return;
      for (const block of page.items) this.#compare(block, node.name);
      lowest = page.items.at(-1)?.height ?? 0;
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    this.#heights.set(node.name, Math.max(before, status.height));
  }

  #compare({ height, hash, stateRoot }: BlockView, by: string): void {
    const known = this.#known.get(height);
    if (known === undefined) this.#known.set(height, { hash, stateRoot, by });
    else if (known.hash !== hash || known.stateRoot !== stateRoot) {
      this.findings.push(`two blocks at height ${height}: ${known.hash} (${known.by}) and ${hash} (${by})`);
    }
  }

  /** What a stopped node's database holds must be what was ever said, without a gap, and end no earlier. */
  compareStored(node: CrashNode, stored: StoredChain): void {
    const said = this.#heights.get(node.name) ?? 0;
    if (stored.tip < said) this.findings.push(`${node.name} said height ${said} and holds ${stored.tip}`);
    for (let height = 1; height <= stored.tip; height++) {
      const hash = stored.hashes.get(height);
      const known = this.#known.get(height);
      if (hash === undefined) this.findings.push(`${node.name} lacks the block ${height}`);
      else if (known === undefined) this.#known.set(height, { hash, stateRoot: '', by: node.name });
      else if (known.hash !== hash) {
        this.findings.push(`${node.name} stores ${hash} at height ${height}, ${known.by} had ${known.hash}`);
      }
    }
  }
}

const TIP = 'block/tip';
const ROOT = 'ledger/root/';

/** Reads a stopped node's database by the layout of its keys. */
export async function readStored(home: string): Promise<StoredChain> {
  const engine = await openStateEngine(`rocksdb:${join(home, 'data', 'state')}`, { profile: 'local' });
  try {
    const tip = Buffer.from((await engine.get('meta', Buffer.from(TIP))) ?? new Uint8Array(8));
    return {
      tip: Number(tip.readBigUInt64BE(0)),
      hashes: await hashesOf(engine),
      transactions: await hashedKeys(engine),
      roots: await rootsOf(engine),
    };
  } finally {
    await engine.close();
  }
}

/** Family `blocks`, tag 4: the height by the hash. */
async function hashesOf(engine: StateEngine): Promise<Map<number, string>> {
  const hashes = new Map<number, string>();
  for await (const { key, value } of engine.range('blocks', {
    gte: Uint8Array.of(4),
    lt: Uint8Array.of(5),
  })) {
    hashes.set(Number(Buffer.from(value).readBigUInt64BE(0)), Buffer.from(key.subarray(1)).toString('hex'));
  }
  return hashes;
}

async function hashedKeys(engine: StateEngine): Promise<Set<string>> {
  const keys = new Set<string>();
  for await (const { key } of engine.range('transactions', {})) keys.add(Buffer.from(key).toString('hex'));
  return keys;
}

async function rootsOf(engine: StateEngine): Promise<Map<number, string>> {
  const roots = new Map<number, string>();
  for await (const { key, value } of engine.range('meta', {
    gte: Buffer.from(ROOT),
    lt: Buffer.from('ledger/root0'),
  })) {
    const height = Number(Buffer.from(key).readBigUInt64BE(ROOT.length));
    roots.set(height, Buffer.from(value.subarray(0, 32)).toString('hex'));
  }
  return roots;
}
