import { formatAddress, fromHex, toHex } from '#kernel';
import type { Block } from '#services/block';
import type { BlockEvent, Receipt } from '#services/blockchain';
import type { Transaction } from '#services/transaction';
import { timeText } from '../json/chain-json.ts';
import { receiptToJson } from '../json/transaction-json.ts';
import type { BlockSummaryJson } from '../schemas/blocks.ts';
import { formatCursor } from './cursor.ts';
import type { ChainTopic, TopicFilter } from './topics.ts';
import { isAbout, validatorEventsOf, type ValidatorEvent } from './validator-events.ts';

/** A message ready to send, and its place in the block. */
export interface FeedItem {
  readonly position: number;
  readonly message: Buffer;
}

/**
 * What one final block gives to the streams. Each message is made once, when the first client wants it, and
 * shared by all.
 */
export class BlockFeed {
  readonly height: number;
  readonly #block: Block;
  readonly #receipts: readonly Receipt[];
  readonly #own: readonly BlockEvent[];
  readonly #messages = new Map<string, Buffer>();
  #byAccount: Map<string, number[]> | undefined;
  #byHash: Map<string, number> | undefined;
  #events: readonly ValidatorEvent[] | undefined;

  /** @param own what the block did outside of its transactions */
  constructor(block: Block, receipts: readonly Receipt[], own: readonly BlockEvent[]) {
    this.height = block.header.height;
    this.#block = block;
    this.#receipts = receipts;
    this.#own = own;
  }

  get #validatorEvents(): readonly ValidatorEvent[] {
    this.#events ??= validatorEventsOf(this.#block, this.#receipts, this.#own);
    return this.#events;
  }

  /** Validator events stand behind the transactions, so that no two messages of different kinds share a position. */
  get #eventsFrom(): number {
    return this.#block.transactions.length + 1;
  }

  /** Items of a topic with positions after `position`, in order. */
  *items(topic: ChainTopic, filter: TopicFilter, position: number): Generator<FeedItem> {
    if (topic === 'blocks') {
      if (position < 0) yield { position: 0, message: this.#messageAt('blocks', 0) };
      return;
    }
    if (topic === 'validators') {
      yield* this.#eventItems(filter, position);
      return;
    }
    for (const index of this.#indexes(filter)) {
      if (index + 1 > position) yield { position: index + 1, message: this.#messageAt(topic, index + 1) };
    }
  }

  *#eventItems({ account }: TopicFilter, after: number): Generator<FeedItem> {
    const address = account === undefined ? undefined : formatAddress(fromHex(account));
    for (const [index, event] of this.#validatorEvents.entries()) {
      const position = this.#eventsFrom + index;
      if (position <= after || (address !== undefined && !isAbout(event, address))) continue;
      yield { position, message: this.#messageAt('validators', position) };
    }
  }

  #indexes(filter: TopicFilter): Iterable<number> {
    if (filter.hash !== undefined) {
      this.#byHash ??= new Map(this.#block.transactions.map(({ id }, index) => [id, index]));
      const index = this.#byHash.get(filter.hash);
      return index === undefined ? [] : [index];
    }
    if (filter.account === undefined) return this.#block.transactions.keys();
    this.#byAccount ??= indexByAccount(this.#block.transactions);
    return this.#byAccount.get(filter.account) ?? [];
  }

  #messageAt(topic: ChainTopic, position: number): Buffer {
    const key = `${topic}.${position}`;
    let message = this.#messages.get(key);
    if (message === undefined) {
      const cursor = formatCursor(this.height, position);
      message = Buffer.from(JSON.stringify({ topic, cursor, data: this.#data(topic, position) }));
      this.#messages.set(key, message);
    }
    return message;
  }

  #data(topic: ChainTopic, position: number): object {
    if (topic === 'validators') return this.#validatorEvents[position - this.#eventsFrom] ?? {};
    if (topic === 'blocks') return summaryOf(this.#block, this.#receipts);
    const index = position - 1;
    const transaction = this.#block.transactions[index];
    const receipt = this.#receipts[index];
    if (transaction === undefined || receipt === undefined) return {};
    const place = { height: this.height, index };
    if (topic === 'receipts') return { ...receiptToJson(receipt), ...place };
    return {
      hash: transaction.id,
      status: receipt.status,
      ...place,
      sender: formatAddress(transaction.sender),
      type: transaction.payload.type,
      code: receipt.code,
      gasUsed: receipt.gasUsed,
      fee: receipt.fee.toString(),
    };
  }
}

function summaryOf(block: Block, receipts: readonly Receipt[]): BlockSummaryJson {
  let bytes = 0;
  for (const transaction of block.transactions) bytes += transaction.bytes.length;
  let gasUsed = 0;
  for (const receipt of receipts) gasUsed += receipt.gasUsed;
  return {
    height: block.header.height,
    hash: toHex(block.hash),
    time: timeText(block.header.timeMs),
    proposer: formatAddress(block.header.proposer),
    transactions: block.transactions.length,
    bytes,
    gasUsed,
  };
}

/** Indexes of the transactions that each account sent or receives by. */
function indexByAccount(transactions: readonly Transaction[]): Map<string, number[]> {
  const byAccount = new Map<string, number[]>();
  for (const [index, { sender, payload }] of transactions.entries()) {
    const accounts = new Set([toHex(sender)]);
    if (payload.type === 'transfer') for (const { to } of payload.outputs) accounts.add(toHex(to));
    for (const account of accounts) {
      const indexes = byAccount.get(account);
      if (indexes === undefined) byAccount.set(account, [index]);
      else indexes.push(index);
    }
  }
  return byAccount;
}
