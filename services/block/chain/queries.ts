import type { StateEngine } from '#engines/state';
import { blockEventCodec, receiptCodec } from '#services/blockchain';
import { BLOCK_TRANSACTIONS_MAX } from '../limits.ts';
import { corruptHome, type BlockStore } from '../store/block-store.ts';
import { bytesToPlace, historyKey, placeToBytes, roleOf, type Place, type Role } from '../store/keys.ts';
import type { ChainState } from './chain-state.ts';
import type { AccountTransaction, Chain } from './face.ts';
import { pageLimit, pageOf, parseCursor } from './pages.ts';
import type { ChainLedger } from './ports.ts';
import { createProofs } from './proofs.ts';
import type { RecentBlocks } from './recent-blocks.ts';

export type ChainQueries = Pick<
  Chain,
  | 'block'
  | 'encodedBlock'
  | 'commit'
  | 'header'
  | 'summary'
  | 'blocks'
  | 'validatorSet'
  | 'transaction'
  | 'receipts'
  | 'events'
  | 'transactionsOf'
  | 'transactionProof'
  | 'receiptProof'
>;

export interface QueryComponents {
  readonly engine: StateEngine;
  readonly store: BlockStore;
  readonly state: ChainState;
  readonly recent: RecentBlocks;
  readonly ledger: Pick<ChainLedger, 'tip'>;
}

/** What a block did outside of its transactions; undefined when it is pruned. */
async function encodedEvents(store: BlockStore, height: number): Promise<Uint8Array[] | undefined> {
  const events = await store.encodedEvents(height);
  // Asked for afterwards: they may have been pruned in the midst.
  return height < (await store.prunedBelow()) ? undefined : events;
}

/** Reads of what is final: never blocked by validation or finalisation. */
export function createQueries(components: QueryComponents): ChainQueries {
  const { engine, store, state, ledger, recent } = components;

  /** A height within the final blocks; undefined for others, so that no key is made of a wild number. */
  async function heightOf(ref: number | Uint8Array): Promise<number | undefined> {
    const height = typeof ref === 'number' ? ref : await store.heightOf(ref);
    if (height === undefined || !Number.isSafeInteger(height) || height < 0) return undefined;
    return height <= state.last().height ? height : undefined;
  }

  async function whenFinal<Value>(
    ref: number | Uint8Array,
    read: (height: number) => Promise<Value | undefined>,
  ): Promise<Value | undefined> {
    const height = await heightOf(ref);
    return height === undefined ? undefined : read(height);
  }

  async function encodedReceipts(height: number): Promise<Uint8Array[] | undefined> {
    const summary = await store.summary(height);
    if (summary === undefined) return undefined;
    const receipts = await store.encodedReceipts(height);
    if (receipts.length === summary.transactionCount) return receipts;
    if (height < (await store.prunedBelow())) return undefined;
    throw corruptHome(`block ${height} is stored without all of its receipts`);
  }

  const header = async (ref: number | Uint8Array) =>
    (await whenFinal(ref, (final) => store.header(final)))?.header;

  return {
    block: (ref) =>
      whenFinal(ref, async (final) => recent.get(final, state.earliest()) ?? store.block(final)),
    encodedBlock: (height) => whenFinal(height, (final) => store.encodedBlock(final)),
    commit: (height) => whenFinal(height, (final) => store.commit(final)),
    header,
    summary: (ref) => whenFinal(ref, (final) => store.summary(final)),
    async blocks(page) {
      const limit = pageLimit(page.limit);
      const [asked] = page.cursor === undefined ? [Infinity] : parseCursor(page.cursor, 1);
      const below = Math.min(asked as number, state.last().height + 1);
      const items = await store.summaries(below, limit + 1);
      return pageOf(items, limit, (last) => String(last.header.height));
    },
    async validatorSet(height) {
      const last = state.last();
      if (height === last.height + 1) return ledger.tip().validators;
      if (height === last.height) return last.validators;
      const found = await header(height);
      return found && store.validators(found.validatorSetHash);
    },
    async transaction(hash) {
      const place = await store.place(hash);
      if (place === undefined) return undefined;
      const [item] = await store.itemsAt([place]);
      return item && { ...item, ...place };
    },
    async receipts(height) {
      const encoded = await whenFinal(height, encodedReceipts);
      return encoded?.map((receipt) => receiptCodec.decode(receipt));
    },
    async events(height) {
      const encoded = await whenFinal(height, (final) => encodedEvents(store, final));
      return encoded?.map((event) => blockEventCodec.decode(event));
    },
    async transactionsOf(address, page) {
      const limit = pageLimit(page.limit);
      const places = await historyPlaces(engine, address, page.cursor, limit + 1);
      const { items, next } = pageOf(places, limit, ({ height, index }) => `${height}.${index}`);
      const found = await store.itemsAt(items);
      const shown: AccountTransaction[] = items.flatMap((place, at) => {
        const item = found[at];
        return item === undefined ? [] : [{ ...item, ...place }];
      });
      return next === undefined ? { items: shown } : { items: shown, next };
    },
    ...createProofs({
      header,
      transactions: (height) => whenFinal(height, (final) => store.encodedTransactions(final)),
      receipts: (height) => whenFinal(height, encodedReceipts),
      events: (height) => whenFinal(height, (final) => encodedEvents(store, final)),
    }),
  };
}

async function historyPlaces(
  engine: StateEngine,
  address: Uint8Array,
  cursor: string | undefined,
  limit: number,
): Promise<(Place & { role: Role })[]> {
  // Without a cursor from above every place: the greatest index never exists.
  const [height, index] =
    cursor === undefined ? [Number.MAX_SAFE_INTEGER, BLOCK_TRANSACTIONS_MAX] : parseCursor(cursor, 2);
  const gte = historyKey(address, placeToBytes({ height: 0, index: 0 }));
  const lt = historyKey(address, placeToBytes({ height: height as number, index: index as number }));
  const found = await engine.rangeAll('history', { gte, lt, reverse: true, limit });
  return found.map(({ key, value }) => {
    const { height: placeHeight, index: placeIndex } = bytesToPlace(key, address.length);
    return { height: placeHeight, index: placeIndex, role: roleOf(value[0]) };
  });
}
