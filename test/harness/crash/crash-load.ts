import { setTimeout as pause } from 'node:timers/promises';
import { fromHex } from '#kernel';
import type { ChainIdentity } from '#services/transaction';
import { framed, openLoadWallets, signTransfer, type Wallet } from '../wallet.ts';
import type { CrashNetwork, CrashNode } from './crash-network.ts';
import type { Chance } from '../power-loss/power-loss.ts';

const ACCOUNTS = 400;
/** Heights that a transfer stays valid: what a crash loses of the mempools is over soon. */
const VALID_HEIGHTS = 80;
const TICK_MS = 50;
const AT_ONCE = 4;

interface Pending {
  readonly nonce: number;
  readonly validUntil: number;
}

/** A constant load of signed transfers to whichever node answers, and what was accepted. */
export class CrashLoad {
  readonly #network: CrashNetwork;
  readonly #chance: Chance;
  readonly #height: () => number;
  readonly #identity: ChainIdentity;
  readonly #stopping = new AbortController();
  readonly #pending = new Map<string, Pending>();
  #wallets: Wallet[] = [];
  #loops: Promise<void>[] = [];
  /** By hash: the height until which it may become final. */
  readonly accepted = new Map<string, number>();

  constructor(network: CrashNetwork, chance: Chance, height: () => number) {
    this.#network = network;
    this.#chance = chance;
    this.#height = height;
    this.#identity = { chainId: network.chainId, genesisHash: fromHex(network.genesisHash) };
  }

  async start(): Promise<void> {
    this.#wallets = await openLoadWallets(this.#network.home, ACCOUNTS);
    this.#loops = Array.from({ length: AT_ONCE }, (_, lane) => this.#offer(lane));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
  }

  async #offer(lane: number): Promise<void> {
    const wallets = this.#wallets.filter((_, index) => index % AT_ONCE === lane);
    for (let turn = 0; !this.#stopping.signal.aborted; turn++) {
      const running = this.#network.nodes.filter(({ isRunning }) => isRunning);
      const node = running[Math.floor(this.#chance() * running.length)];
      const wallet = wallets[turn % wallets.length] as Wallet;
      if (node !== undefined) await this.#transfer(node, wallet);
      await pause(TICK_MS, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  async #transfer(node: CrashNode, wallet: Wallet): Promise<void> {
    const account = await node.get<{ nonce: number }>(`/accounts/${wallet.address}`);
    if (account === undefined) return;
    const pending = this.#pending.get(wallet.address);
    const isOver =
      pending === undefined || account.nonce > pending.nonce || this.#height() > pending.validUntil;
    // A node that is behind knows a lower nonce than this one had.
    if (!isOver) return;
    const nonce = Math.max(account.nonce, 0);
    const validUntil = this.#height() + VALID_HEIGHTS;
    const to = (this.#wallets[Math.floor(this.#chance() * ACCOUNTS)] as Wallet).address;
    const transaction = signTransfer(this.#identity, wallet, { to, nonce, validUntil });
    try {
      const response = await fetch(`${node.url}/api/v2/transactions`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: framed(transaction.bytes),
        signal: AbortSignal.timeout(5_000),
      });
      if (response.status !== 202) return;
      this.accepted.set(transaction.id, validUntil);
      this.#pending.set(wallet.address, { nonce, validUntil });
    } catch {
      // The node died under the request: whether it took the transfer is unknown, and nothing was promised.
    }
  }
}
