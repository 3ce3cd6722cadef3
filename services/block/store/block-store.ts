import type { StateEngine } from '#engines/state';
import { bytesToUint64, equalBytes, toHex, type CodedError } from '#kernel';
import { receiptCodec, type Receipt } from '#services/blockchain';
import { decodeTransaction, type ChainIdentity, type Transaction } from '#services/transaction';
import { makeValidatorSet, type ValidatorSet } from '#services/validator';
import type { BlockSummary } from '../chain/face.ts';
import { blockWire } from '../domain/block.ts';
import { commitCodec } from '../domain/commit.ts';
import { decodeEvidence } from '../domain/evidence/codec.ts';
import { evidenceRoot } from '../domain/evidence/offences.ts';
import { blockHash, headerCodec } from '../domain/header.ts';
import type { Block, Commit } from '../domain/types.ts';
import { blockError } from '../errors.ts';
import { BLOCK_EVIDENCE_MAX, BLOCK_TRANSACTIONS_MAX, CHUNK_ITEMS, EVENT_CHUNKS_MAX } from '../limits.ts';
import { blocksKey, bytesToPlace, evidencePlace, metaKey, receiptsKey, type Place } from './keys.ts';
import { pastHeaderCodec, summaryCodec, validatorsCodec, type StoredHeader } from './records.ts';
import { fromStoredValue, splitItems } from './stored-value.ts';

const CHUNKS_MAX = Math.ceil(BLOCK_TRANSACTIONS_MAX / CHUNK_ITEMS);
const NO_EVIDENCE = evidenceRoot([]);
const ADVICE = 'restore the data directory from a backup, or remove it and sync again';

/** Reads what `stageBlock` wrote. Absent is undefined; what contradicts itself is `block.corrupt-home`. */
export interface BlockStore {
  tip(): Promise<{ height: number; hash: Uint8Array } | undefined>;
  /** Blocks below this height are without transactions and receipts; 0 when none was pruned. */
  prunedBelow(): Promise<number>;
  /** First height of which there is a block, when the chain began at a restored state. */
  start(): Promise<number | undefined>;
  heightOf(hash: Uint8Array): Promise<number | undefined>;
  /** Of a block, or of a height before the restored one. */
  header(height: number): Promise<StoredHeader | undefined>;
  /** Of the lowest height that there is one of; undefined without any block. */
  firstHeader(): Promise<StoredHeader | undefined>;
  summary(height: number): Promise<BlockSummary | undefined>;
  /** Newest first, heights below `below`. */
  summaries(below: number, limit: number): Promise<BlockSummary[]>;
  commit(height: number): Promise<Commit | undefined>;
  validators(setHash: Uint8Array): Promise<ValidatorSet | undefined>;
  encodedTransactions(height: number): Promise<Uint8Array[]>;
  encodedReceipts(height: number): Promise<Uint8Array[]>;
  /** What the block did by itself, in order. */
  encodedEvents(height: number): Promise<Uint8Array[]>;
  block(height: number): Promise<Block | undefined>;
  /** The wire form of a block, made without decoding its transactions. */
  encodedBlock(height: number): Promise<Uint8Array | undefined>;
  place(transactionHash: Uint8Array): Promise<Place | undefined>;
  itemsAt(places: readonly Place[]): Promise<(StoredItem | undefined)[]>;
  /** Evidence of a block, in order. */
  encodedEvidence(height: number): Promise<Uint8Array[]>;
  evidencePlace(evidenceHash: Uint8Array): Promise<Place | undefined>;
  /** Newest first, places before `before`. */
  evidences(before: Place, limit: number): Promise<{ place: Place; bytes: Uint8Array }[]>;
}

export function corruptHome(what: string): CodedError {
  return blockError('corrupt-home', `${what}: ${ADVICE}`);
}

export function createBlockStore(engine: StateEngine, identity: ChainIdentity): BlockStore {
  return new EngineBlockStore(engine, identity);
}

class EngineBlockStore implements BlockStore {
  readonly #engine: StateEngine;
  readonly #identity: ChainIdentity;

  constructor(engine: StateEngine, identity: ChainIdentity) {
    this.#engine = engine;
    this.#identity = identity;
  }

  async tip(): Promise<{ height: number; hash: Uint8Array } | undefined> {
    const stored = await this.#engine.get('meta', metaKey.tip);
    return stored && { height: bytesToUint64(stored), hash: stored.slice(8) };
  }

  async prunedBelow(): Promise<number> {
    const stored = await this.#engine.get('meta', metaKey.pruned);
    return stored === undefined ? 0 : bytesToUint64(stored);
  }

  async start(): Promise<number | undefined> {
    const stored = await this.#engine.get('meta', metaKey.start);
    return stored === undefined ? undefined : bytesToUint64(stored);
  }

  async header(height: number): Promise<StoredHeader | undefined> {
    return (await this.summary(height)) ?? this.#pastHeader(height);
  }

  async firstHeader(): Promise<StoredHeader | undefined> {
    const limits = { limit: 1 };
    const past = {
      gte: blocksKey.pastHeader(0),
      lt: blocksKey.pastHeader(Number.MAX_SAFE_INTEGER),
      ...limits,
    };
    const [first] = await this.#engine.rangeAll('blocks', past);
    if (first !== undefined) return readPastHeader(first.value);
    const own = { gte: blocksKey.header(0), lt: blocksKey.header(Number.MAX_SAFE_INTEGER), ...limits };
    const [start] = await this.#engine.rangeAll('blocks', own);
    return start && readSummary(start.value);
  }

  async heightOf(hash: Uint8Array): Promise<number | undefined> {
    const stored = await this.#engine.get('blocks', blocksKey.heightOf(hash));
    return stored === undefined ? undefined : bytesToUint64(stored);
  }

  async summary(height: number): Promise<BlockSummary | undefined> {
    const stored = await this.#engine.get('blocks', blocksKey.header(height));
    return stored === undefined ? undefined : readSummary(stored);
  }

  async summaries(below: number, limit: number): Promise<BlockSummary[]> {
    const range = { gte: blocksKey.header(0), lt: blocksKey.header(below), reverse: true, limit };
    return (await this.#engine.rangeAll('blocks', range)).map(({ value }) => readSummary(value));
  }

  async commit(height: number): Promise<Commit | undefined> {
    const stored = await this.#engine.get('blocks', blocksKey.commit(height));
    return stored === undefined ? undefined : commitCodec.decode(fromStoredValue(stored));
  }

  async validators(setHash: Uint8Array): Promise<ValidatorSet | undefined> {
    const stored = await this.#engine.get('blocks', blocksKey.validators(setHash));
    if (stored === undefined) return undefined;
    const set = makeValidatorSet(validatorsCodec.decode(fromStoredValue(stored)));
    if (!equalBytes(set.hash, setHash)) {
      throw corruptHome(`the stored validator set ${toHex(setHash)} has another hash`);
    }
    return set;
  }

  async encodedTransactions(height: number): Promise<Uint8Array[]> {
    const range = { gte: blocksKey.body(height, 0), lt: blocksKey.body(height + 1, 0), limit: CHUNKS_MAX };
    const chunks = await this.#engine.rangeAll('blocks', range);
    return chunks.flatMap(({ value }) => splitItems(fromStoredValue(value)));
  }

  async encodedReceipts(height: number): Promise<Uint8Array[]> {
    const range = { gte: receiptsKey(height, 0), lt: receiptsKey(height + 1, 0), limit: CHUNKS_MAX };
    const chunks = await this.#engine.rangeAll('receipts', range);
    return chunks.flatMap(({ value }) => splitItems(fromStoredValue(value)));
  }

  async encodedEvents(height: number): Promise<Uint8Array[]> {
    const range = {
      gte: blocksKey.events(height, 0),
      lt: blocksKey.events(height + 1, 0),
      limit: EVENT_CHUNKS_MAX,
    };
    const chunks = await this.#engine.rangeAll('blocks', range);
    return chunks.flatMap(({ value }) => splitItems(fromStoredValue(value)));
  }

  async block(height: number): Promise<Block | undefined> {
    const parts = await this.#partsOf(height);
    if (parts === undefined) return undefined;
    const transactions = parts.transactions.map((encoded) => decodeTransaction(encoded, this.#identity));
    const { hash, header } = parts.summary;
    const evidence = parts.evidence.map(decodeEvidence);
    return { hash, header, transactions, evidence, lastCommit: parts.lastCommit };
  }

  async encodedBlock(height: number): Promise<Uint8Array | undefined> {
    const parts = await this.#partsOf(height);
    if (parts === undefined) return undefined;
    return blockWire.encodeTrusted({
      header: headerCodec.encodeTrusted(parts.summary.header),
      commit: parts.lastCommit ? commitCodec.encodeTrusted(parts.lastCommit) : new Uint8Array(0),
      transactions: parts.transactions,
      evidence: parts.evidence,
    });
  }

  async place(transactionHash: Uint8Array): Promise<Place | undefined> {
    const stored = await this.#engine.get('transactions', transactionHash);
    return stored === undefined ? undefined : bytesToPlace(stored);
  }

  itemsAt(places: readonly Place[]): Promise<(StoredItem | undefined)[]> {
    return itemsAt(this.#engine, this.#identity, places);
  }

  async encodedEvidence(height: number): Promise<Uint8Array[]> {
    const range = {
      gte: blocksKey.evidence(height, 0),
      lt: blocksKey.evidence(height + 1, 0),
      limit: BLOCK_EVIDENCE_MAX,
    };
    return (await this.#engine.rangeAll('blocks', range)).map(({ value }) => fromStoredValue(value));
  }

  async evidencePlace(evidenceHash: Uint8Array): Promise<Place | undefined> {
    const stored = await this.#engine.get('blocks', blocksKey.evidenceAt(evidenceHash));
    return stored === undefined ? undefined : bytesToPlace(stored);
  }

  async evidences({ height, index }: Place, limit: number): Promise<{ place: Place; bytes: Uint8Array }[]> {
    const range = {
      gte: blocksKey.evidence(0, 0),
      lt: blocksKey.evidence(height, index),
      reverse: true,
      limit,
    };
    const found = await this.#engine.rangeAll('blocks', range);
    return found.map(({ key, value }) => ({ place: evidencePlace(key), bytes: fromStoredValue(value) }));
  }

  async #partsOf(height: number) {
    const [summary, lastCommit, transactions] = await Promise.all([
      this.summary(height),
      this.commit(height - 1),
      this.encodedTransactions(height),
    ]);
    if (summary === undefined) {
      if ((await this.#pastHeader(height)) !== undefined) throw notRetained(height);
      return undefined;
    }
    if (transactions.length === summary.transactionCount) {
      const hasEvidence = !equalBytes(summary.header.evidenceRoot, NO_EVIDENCE);
      const evidence = hasEvidence ? await this.encodedEvidence(height) : [];
      return { summary, lastCommit, transactions, evidence };
    }
    if (height < (await this.prunedBelow())) throw notRetained(height);
    throw corruptHome(`block ${height} is stored without all of its transactions`);
  }

  async #pastHeader(height: number): Promise<StoredHeader | undefined> {
    const stored = await this.#engine.get('blocks', blocksKey.pastHeader(height));
    return stored === undefined ? undefined : readPastHeader(stored);
  }
}

function notRetained(height: number): CodedError {
  return blockError('not-retained', `the transactions of block ${height} are pruned from this node`, {
    height,
  });
}

/** A transaction and its receipt as they are read. */
interface StoredItem {
  readonly transaction: Transaction;
  readonly receipt: Receipt;
}

function readSummary(stored: Uint8Array): BlockSummary {
  return requireHash(summaryCodec.decode(fromStoredValue(stored)));
}

function readPastHeader(stored: Uint8Array): StoredHeader {
  return requireHash(pastHeaderCodec.decode(fromStoredValue(stored)));
}

function requireHash<Stored extends StoredHeader>(stored: Stored): Stored {
  if (equalBytes(blockHash(stored.header), stored.hash)) return stored;
  throw corruptHome(`the stored header of height ${stored.header.height} has another hash`);
}

/** Transactions with their receipts, two point reads a chunk however many places share it. */
async function itemsAt(engine: StateEngine, identity: ChainIdentity, places: readonly Place[]) {
  const chunkOf = (place: Place) => Math.floor(place.index / CHUNK_ITEMS);
  const chunks = new Map(places.map((place) => [`${place.height}/${chunkOf(place)}`, place]));
  const wanted = [...chunks.values()];
  const [bodies, receipts] = await Promise.all([
    engine.getMany(
      'blocks',
      wanted.map((place) => blocksKey.body(place.height, chunkOf(place))),
    ),
    engine.getMany(
      'receipts',
      wanted.map((place) => receiptsKey(place.height, chunkOf(place))),
    ),
  ]);
  const split = (stored: Uint8Array | undefined) => (stored ? splitItems(fromStoredValue(stored)) : []);
  const loaded = new Map(
    [...chunks.keys()].map((key, i) => [
      key,
      { transactions: split(bodies[i]), receipts: split(receipts[i]) },
    ]),
  );
  return places.map((place) => {
    const chunk = loaded.get(`${place.height}/${chunkOf(place)}`);
    const transaction = chunk?.transactions[place.index % CHUNK_ITEMS];
    const receipt = chunk?.receipts[place.index % CHUNK_ITEMS];
    if (transaction === undefined || receipt === undefined) return undefined;
    return { transaction: decodeTransaction(transaction, identity), receipt: receiptCodec.decode(receipt) };
  });
}
