import { setTimeout as pause } from 'node:timers/promises';
import type { ChaosNode } from '../nodes/chaos-node.ts';

const POLL_MS = 100;

interface Status {
  readonly height: number;
  readonly blockHash: string;
  readonly stateRoot: string;
}

/** A transaction of a final block, as the API shows it. */
export interface FinalItem {
  readonly hash: string;
  readonly fee?: string;
}

type BlockListener = (height: number, items: readonly FinalItem[]) => void;

/** Follows what all nodes say of the chain, and notes what must never be. */
export class ChainWatch {
  /** By kind: a height that went back, two blocks at one height. */
  readonly findings: { readonly kind: 'heights-back' | 'same-blocks'; readonly what: string }[] = [];
  /** When each height was first seen on any node, by the runner's monotonic clock. */
  readonly seenMs = new Map<number, number>();
  readonly #nodes: readonly ChaosNode[];
  readonly #known = new Map<number, { hash: string; stateRoot: string; by: string }>();
  readonly #heights = new Map<string, number>();
  readonly #listeners: BlockListener[] = [];
  readonly #stopping = new AbortController();
  #loops: Promise<void>[] = [];
  #followed = 0;

  constructor(nodes: readonly ChaosNode[]) {
    this.#nodes = nodes;
  }

  start(): void {
    this.#loops = [...this.#nodes.map((node) => this.#watch(node)), this.#follow()];
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
  }

  /** Highest height that any node said is final. */
  get height(): number {
    return Math.max(0, ...this.#heights.values());
  }

  /** Up to here the listeners have heard of every block. */
  get followed(): number {
    return this.#followed;
  }

  heightOf(node: string): number {
    return this.#heights.get(node) ?? 0;
  }

  /** Hears every final block once, in order. */
  onBlock(listener: BlockListener): void {
    this.#listeners.push(listener);
  }

  /** Milliseconds between the heights that were first seen in a span of time. */
  intervalsMs(fromMs: number, toMs: number): number[] {
    const times = [...this.seenMs.values()].filter((atMs) => atMs >= fromMs && atMs <= toMs);
    const sorted = times.toSorted((a, b) => a - b);
    return sorted.slice(1).map((atMs, index) => Math.round(atMs - (sorted[index] ?? atMs)));
  }

  async #watch(node: ChaosNode): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const status = node.isRunning ? await node.get<Status>('/status') : undefined;
      if (status !== undefined) this.#note(node.name, status);
      await pause(POLL_MS, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  #note(name: string, { height, blockHash, stateRoot }: Status): void {
    const before = this.heightOf(name);
    if (height < before) {
      this.findings.push({ kind: 'heights-back', what: `${name} said height ${before}, then ${height}` });
    }
    this.#heights.set(name, Math.max(before, height));
    if (!this.seenMs.has(height)) this.seenMs.set(height, performance.now());
    const known = this.#known.get(height);
    if (known === undefined) this.#known.set(height, { hash: blockHash, stateRoot, by: name });
    else if (height > 0 && (known.hash !== blockHash || known.stateRoot !== stateRoot)) {
      const what = `height ${height}: ${known.by} has ${known.hash} and state ${known.stateRoot}, ${name} has ${blockHash} and ${stateRoot}`;
      this.findings.push({ kind: 'same-blocks', what });
    }
  }

  async #follow(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const items = this.#followed < this.height ? await this.#itemsOf(this.#followed + 1) : undefined;
      if (items === undefined) {
        await pause(POLL_MS / 2, undefined, { signal: this.#stopping.signal }).catch(() => {});
        continue;
      }
      this.#followed++;
      for (const listener of this.#listeners) listener(this.#followed, items);
    }
  }

  /** All transactions of a final block, from whichever node has it. */
  async #itemsOf(height: number): Promise<FinalItem[] | undefined> {
    for (const node of this.#nodes) {
      if (!node.isRunning || this.heightOf(node.name) < height) continue;
      const items: FinalItem[] = [];
      let cursor = '';
      for (;;) {
        const path = `/blocks/${height}/transactions${cursor}`;
        const page = await node.get<{ items: FinalItem[]; nextCursor?: string }>(path);
        if (page === undefined) break;
        items.push(...page.items);
        if (page.nextCursor === undefined) return items;
        cursor = `?cursor=${page.nextCursor}`;
      }
    }
    return undefined;
  }
}
