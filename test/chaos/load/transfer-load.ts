import { setTimeout as pause } from 'node:timers/promises';
import { fromHex } from '#kernel';
import type { ChainIdentity } from '#services/transaction';
import { framed, signTransfer, type Wallet } from '../../harness/wallet.ts';
import type { ChaosNode } from '../nodes/chaos-node.ts';
import type { ChainWatch, FinalItem } from '../watch/chain-watch.ts';

const SUBMIT_MS = 5_000;
/** Submissions under way at once: a network that stands still must not fill the runner. */
const AT_ONCE = 32;

/** A transfer that may become final: one that was accepted, or whose acceptance was not heard of. */
interface Offered {
  readonly sender: Sender;
  readonly validUntil: number;
  readonly offeredMs: number;
  isAccepted: boolean;
}

interface Sender {
  readonly wallet: Wallet;
  nonce: number;
  /** One transfer at a time, so that each nonce is known. */
  isBusy: boolean;
}

export interface LoadCounts {
  readonly offered: number;
  readonly accepted: number;
  readonly final: number;
  readonly expired: number;
  readonly open: number;
  /** By error code, or `no answer`. */
  readonly refused: Readonly<Record<string, number>>;
  /** From the submission to the first sight of the final block, of accepted transfers. */
  readonly finalityMs: { readonly p50: number; readonly p95: number; readonly max: number };
}

/** Offers signed transfers at a rate to whichever node runs, and follows each to its end. */
export class TransferLoad {
  readonly #nodes: readonly ChaosNode[];
  readonly #watch: ChainWatch;
  readonly #identity: ChainIdentity;
  readonly #senders: Sender[];
  readonly #options: { perSecond: number; validHeights: number; chance: () => number };
  readonly #open = new Map<string, Offered>();
  readonly #refused: Record<string, number> = {};
  readonly #finalityMs: number[] = [];
  readonly #stopping = new AbortController();
  #offered = 0;
  #accepted = 0;
  #final = 0;
  #expired = 0;
  #underWay = 0;
  #loop: Promise<void> = Promise.resolve();
  readonly findings: string[] = [];

  constructor(options: {
    nodes: readonly ChaosNode[];
    watch: ChainWatch;
    chainId: string;
    genesisHash: string;
    wallets: readonly Wallet[];
    perSecond: number;
    validHeights: number;
    chance: () => number;
  }) {
    this.#nodes = options.nodes;
    this.#watch = options.watch;
    this.#identity = { chainId: options.chainId, genesisHash: fromHex(options.genesisHash) };
    this.#senders = options.wallets.map((wallet) => ({ wallet, nonce: 0, isBusy: false }));
    this.#options = options;
    options.watch.onBlock((height, items) => this.#finalised(height, items));
  }

  start(): void {
    if (this.#options.perSecond > 0) this.#loop = this.#offer();
  }

  /** Offers no more, and waits for the answers that are under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    while (this.#underWay > 0) await pause(10);
  }

  /** Accepted transfers that are neither final nor expired. */
  get open(): string[] {
    return [...this.#open].filter(([, { isAccepted }]) => isAccepted).map(([hash]) => hash);
  }

  counts(): LoadCounts {
    const sorted = this.#finalityMs.toSorted((a, b) => a - b);
    const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
    return {
      offered: this.#offered,
      accepted: this.#accepted,
      final: this.#final,
      expired: this.#expired,
      open: this.open.length,
      refused: this.#refused,
      finalityMs: { p50: at(0.5), p95: at(0.95), max: at(1) },
    };
  }

  async #offer(): Promise<void> {
    const { perSecond } = this.#options;
    const startedMs = performance.now();
    for (let turn = 0; !this.#stopping.signal.aborted; turn++) {
      const dueMs = startedMs + (turn * 1_000) / perSecond;
      const waitMs = Math.max(0, dueMs - performance.now());
      await pause(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted || this.#underWay >= AT_ONCE) continue;
      const free = this.#senders.filter(({ isBusy }) => !isBusy);
      const sender = free[Math.floor(this.#options.chance() * free.length)];
      const running = this.#nodes.filter(({ isRunning }) => isRunning);
      const node = running[Math.floor(this.#options.chance() * running.length)];
      if (sender === undefined || node === undefined) continue;
      this.#underWay++;
      void this.#transfer(node, sender).finally(() => this.#underWay--);
    }
  }

  async #transfer(node: ChaosNode, sender: Sender): Promise<void> {
    const to = this.#senders[Math.floor(this.#options.chance() * this.#senders.length)] ?? sender;
    const validUntil = this.#watch.height + this.#options.validHeights;
    const fields = { to: to.wallet.address, nonce: sender.nonce, validUntil };
    const transaction = signTransfer(this.#identity, sender.wallet, fields);
    sender.isBusy = true;
    this.#offered++;
    const offered: Offered = { sender, validUntil, offeredMs: performance.now(), isAccepted: false };
    this.#open.set(transaction.id, offered);
    try {
      const response = await fetch(`${node.url}/api/v2/transactions`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: framed(transaction.bytes),
        signal: AbortSignal.timeout(SUBMIT_MS),
      });
      const answer = (await response.json()) as { code?: string };
      if (response.status === 202) {
        offered.isAccepted = true;
        this.#accepted++;
        // Final before the answer was read: the block's listener took it for one that was not accepted.
        if (!this.#open.has(transaction.id)) this.#final++;
        return;
      }
      this.#refuse(answer.code ?? String(response.status));
      if (this.#open.delete(transaction.id)) sender.isBusy = false;
    } catch {
      // The node went away under the request. Whether it took the transfer shows in a block, or by its expiry.
      this.#refuse('no answer');
    }
  }

  #refuse(why: string): void {
    this.#refused[why] = (this.#refused[why] ?? 0) + 1;
  }

  #finalised(height: number, items: readonly FinalItem[]): void {
    for (const { hash } of items) {
      const offered = this.#open.get(hash);
      if (offered === undefined) continue;
      this.#open.delete(hash);
      offered.sender.nonce++;
      offered.sender.isBusy = false;
      if (height > offered.validUntil) this.findings.push(`${hash} became final after its last height`);
      if (!offered.isAccepted) continue;
      this.#final++;
      this.#finalityMs.push(performance.now() - offered.offeredMs);
    }
    for (const [hash, { validUntil, sender, isAccepted }] of this.#open) {
      if (height < validUntil) continue;
      // It can no longer become final: its nonce is free again.
      this.#open.delete(hash);
      sender.isBusy = false;
      if (isAccepted) this.#expired++;
    }
  }
}
