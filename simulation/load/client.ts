import type { SigningKey } from '#kernel';
import {
  signTransaction,
  type ChainIdentity,
  type Transaction,
  type TransactionPayload,
} from '#services/transaction';
import type { Machine } from '../node/machine.ts';
import type { SeededRandom } from '../random.ts';
import type { SimulationEvent } from '../run/events.ts';
import { ACCOUNTS, accountKey, addressOf } from '../run/genesis.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { gasLimitOf, StakeLoad, type Operated } from './stake-load.ts';

/** Transactions of one account that wait for their block. */
const OUTSTANDING_MAX = 6;
/** Heights in which the short-lived transactions may become final. */
const SHORT_LIFE = 4;
/** Part of the transactions that operators send, and part of those of others that move stake. */
const OPERATORS = 0.15;
const STAKE = 0.3;

interface Account {
  readonly key: SigningKey;
  /** The validator that it controls. */
  readonly operated: Operated | undefined;
  nonce: number;
  readonly outstanding: Map<string, Transaction>;
  /** Its transactions expire soon; it waits for each. */
  readonly isHasty: boolean;
}

export interface ClientComponents {
  readonly identity: ChainIdentity;
  readonly random: SeededRandom;
  readonly time: VirtualTime;
  /** Nodes that take transactions: correct ones. */
  readonly machines: readonly Machine[];
  readonly emit: (event: SimulationEvent) => void;
  /** Addresses of operators to whom stake may come. */
  readonly staked: readonly Uint8Array[];
  readonly mayRedelegate: boolean;
}

/**
 * Somebody who sends signed transfers, attestations and transactions of stake from several accounts, those of operators
 * among them, each to a node or two.
 */
export class Client {
  readonly #components: ClientComponents;
  readonly #accounts: Account[];
  readonly #operators: Account[];
  readonly #stake: StakeLoad;
  #height = 0;
  #isSending = false;
  #attestations = 0;
  sent = 0;

  constructor(components: ClientComponents) {
    this.#components = components;
    this.#stake = new StakeLoad(components);
    const fresh = (key: SigningKey, operated?: Operated, isHasty = false): Account => ({
      key,
      operated,
      nonce: 0,
      outstanding: new Map(),
      isHasty,
    });
    this.#accounts = Array.from({ length: ACCOUNTS }, (_, index) =>
      fresh(accountKey(index), undefined, index === ACCOUNTS - 1),
    );
    this.#operators = components.machines.map((machine) => {
      const { operator, key, isFounder } = machine;
      return fresh(operator, { operator, consensusKey: key, isFounder, isThere: () => machine.hasJoined });
    });
  }

  start(): void {
    this.#isSending = true;
    this.#later();
  }

  stop(): void {
    this.#isSending = false;
  }

  /** Learns what became final. */
  observe(event: SimulationEvent): void {
    if (event.kind !== 'final' || event.block.header.height <= this.#height) return;
    this.#height = event.block.header.height;
    this.#stake.observe(event);
    for (const { id } of event.block.transactions) {
      for (const { outstanding } of this.#all) outstanding.delete(id);
    }
    for (const account of this.#all) this.#forgetExpired(account);
  }

  /**
   * Sends again, in order, what no node owes any more: those that lost power may have forgotten it.
   *
   * @param isOwed true while a node that acknowledged the transaction has not lost it
   */
  sendAgain(isOwed: (id: string) => boolean): void {
    for (const { outstanding } of this.#all) {
      const [machine] = this.#choose(1);
      if (machine === undefined) return;
      for (const transaction of outstanding.values()) {
        if (!isOwed(transaction.id)) this.#submit(machine, transaction);
      }
    }
  }

  get #all(): readonly Account[] {
    return [...this.#accounts, ...this.#operators];
  }

  #later(): void {
    const { time, random } = this.#components;
    time.after(random.between(60, 400), () => {
      if (!this.#isSending) return;
      this.#send();
      this.#later();
    });
  }

  #send(): void {
    const { random } = this.#components;
    const account = random.pick(random.chance(OPERATORS) ? this.#operators : this.#accounts);
    if (account.operated?.isThere() === false) return;
    if (account.outstanding.size >= (account.isHasty ? 1 : OUTSTANDING_MAX)) return;
    const machines = this.#choose(random.chance(0.2) ? 2 : 1);
    if (machines.length === 0) return;
    const transaction = this.#make(account);
    account.nonce += 1;
    account.outstanding.set(transaction.id, transaction);
    this.sent++;
    for (const machine of machines) this.#submit(machine, transaction);
  }

  #choose(count: number): Machine[] {
    const { random, machines } = this.#components;
    return random.shuffled(machines.filter(({ node }) => node !== undefined)).slice(0, count);
  }

  #submit(machine: Machine, transaction: Transaction): void {
    const { emit } = this.#components;
    const { id, senderId: sender, nonce, validUntil, bytes } = transaction;
    const told = { kind: 'submitted', node: machine.name, id, sender, nonce, validUntil } as const;
    machine.run(() => {
      machine.node?.mempool.submit([bytes], 'api:client').then(
        ([result]) =>
          emit({ ...told, refused: result?.ok === true ? undefined : (result?.error.code ?? '') }),
        (error: unknown) => emit({ ...told, refused: String(error) }),
      );
    });
  }

  #make(account: Account): Transaction {
    const { identity, random } = this.#components;
    const { key, nonce, isHasty } = account;
    const payload = this.#payload(account);
    const body = {
      chainId: identity.chainId,
      senderKeyType: key.type,
      senderKey: key.publicKey,
      nonce,
      gasLimit: gasLimitOf(payload),
      gasPrice: BigInt(random.between(1, 20)),
      validUntil: isHasty ? this.#height + SHORT_LIFE : 10_000,
      payload,
    };
    return signTransaction(body, key, identity);
  }

  #payload({ key, operated }: Account): TransactionPayload {
    const { random } = this.#components;
    if (operated !== undefined) return this.#stake.operatorPayload(operated);
    if (random.chance(STAKE)) return this.#stake.delegatorPayload(addressOf(key));
    if (random.chance(0.3)) {
      // One digest in four was attested before, perhaps by the same account: then it fails and pays.
      if (random.chance(0.75)) this.#attestations += 1;
      const digest = new Uint8Array(32);
      new DataView(digest.buffer).setUint32(0, this.#attestations);
      return { type: 'attest', digest, label: `document ${this.#attestations}` };
    }
    const outputs = Array.from({ length: random.between(1, 3) }, () => ({
      to: random.chance(0.5) ? addressOf(accountKey(random.integer(ACCOUNTS))) : random.bytes(20),
      amount: BigInt(random.between(1, 1_000_000)),
    }));
    return { type: 'transfer', outputs };
  }

  /** The nonce of what expired is free again. */
  #forgetExpired(account: Account): void {
    for (const [id, { validUntil, nonce }] of account.outstanding) {
      if (validUntil > this.#height) continue;
      account.outstanding.delete(id);
      account.nonce = nonce;
    }
  }
}
