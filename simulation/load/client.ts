import { addressOfKey } from '#kernel';
import {
  signTransaction,
  type ChainIdentity,
  type Transaction,
  type TransactionPayload,
} from '#services/transaction';
import type { Machine } from '../node/machine.ts';
import type { SeededRandom } from '../random.ts';
import type { SimulationEvent } from '../run/events.ts';
import { ACCOUNTS, accountKey } from '../run/genesis.ts';
import type { VirtualTime } from '../time/virtual-time.ts';

/** Transactions of one account that wait for their block. */
const OUTSTANDING_MAX = 6;
/** Heights in which the short-lived transactions may become final. */
const SHORT_LIFE = 4;
const GAS_LIMIT = 5_000;

interface Account {
  readonly index: number;
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
}

/** Somebody who sends signed transfers and attestations from several accounts, each to a node or two. */
export class Client {
  readonly #components: ClientComponents;
  readonly #accounts: Account[];
  #height = 0;
  #isSending = false;
  #attestations = 0;
  sent = 0;

  constructor(components: ClientComponents) {
    this.#components = components;
    this.#accounts = Array.from({ length: ACCOUNTS }, (_, index) => ({
      index,
      nonce: 0,
      outstanding: new Map(),
      isHasty: index === ACCOUNTS - 1,
    }));
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
    for (const { id } of event.block.transactions) {
      for (const { outstanding } of this.#accounts) outstanding.delete(id);
    }
    for (const account of this.#accounts) this.#forgetExpired(account);
  }

  /**
   * Sends again, in order, what no node owes any more: those that lost power may have forgotten it.
   *
   * @param isOwed true while a node that acknowledged the transaction has not lost it
   */
  sendAgain(isOwed: (id: string) => boolean): void {
    for (const { outstanding } of this.#accounts) {
      const [machine] = this.#choose(1);
      if (machine === undefined) return;
      for (const transaction of outstanding.values()) {
        if (!isOwed(transaction.id)) this.#submit(machine, transaction);
      }
    }
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
    const account = random.pick(this.#accounts);
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

  #make({ index, nonce, isHasty }: Account): Transaction {
    const { identity, random } = this.#components;
    const key = accountKey(index);
    const body = {
      chainId: identity.chainId,
      senderKeyType: key.type,
      senderKey: key.publicKey,
      nonce,
      gasLimit: GAS_LIMIT,
      gasPrice: BigInt(random.between(1, 20)),
      validUntil: isHasty ? this.#height + SHORT_LIFE : 10_000,
      payload: this.#payload(),
    };
    return signTransaction(body, key, identity);
  }

  #payload(): TransactionPayload {
    const { random } = this.#components;
    if (random.chance(0.3)) {
      // One digest in four was attested before, perhaps by the same account: then it fails and pays.
      if (random.chance(0.75)) this.#attestations += 1;
      const digest = new Uint8Array(32);
      new DataView(digest.buffer).setUint32(0, this.#attestations);
      return { type: 'attest', digest, label: `document ${this.#attestations}` };
    }
    const outputs = Array.from({ length: random.between(1, 3) }, () => ({
      to: random.chance(0.5) ? this.#addressOf(random.integer(ACCOUNTS)) : random.bytes(20),
      amount: BigInt(random.between(1, 1_000_000)),
    }));
    return { type: 'transfer', outputs };
  }

  #addressOf(index: number): Uint8Array {
    const key = accountKey(index);
    return addressOfKey(key.type, key.publicKey);
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
