import type { StateEngine, StateFamily } from '#engines/state';
import { bytesToUint64, equalBytes, toHex } from '#kernel';
import type { VerifyProgress } from '#services/blockchain';
import { createBlockStore, type BlockStore } from '../store/block-store.ts';
import type { StoredHeader } from '../store/records.ts';
import { verifyWaitingEvidence } from './verify-stored-evidence.ts';
import { verifyMembers, verifyStoredBlock, type BlockContext } from './verify-block.ts';

const CODE = 'block.corrupt-home';
/** First bytes of the keys in the family `blocks`: see `store/keys.ts`. */
const TAGS = {
  header: 1,
  body: 2,
  commit: 3,
  heightOf: 4,
  validators: 5,
  evidence: 6,
  evidenceAt: 7,
  events: 8,
  pastHeader: 9,
} as const;

export type BlocksToVerify = Omit<BlockContext, 'store' | 'prunedBelow' | 'start' | 'expected' | 'sets'> & {
  /** First and last height that are looked at. */
  readonly from: number;
  readonly to: number;
  /** Height of the last block. */
  readonly last: number;
  readonly onProgress: VerifyProgress;
};

/**
 * Recomputes hashes, roots, signatures and indexes of stored blocks out of the blocks themselves. When all of them are
 * looked at, nothing else may be stored either.
 */
export async function verifyBlocks(given: BlocksToVerify): Promise<void> {
  const { engine, identity, faults, from, to, last, first, initialHeight, onProgress } = given;
  const store = createBlockStore(engine, identity);
  const pruned = await faults.guard(CODE, 'height of pruning', () => store.prunedBelow());
  const restored = await faults.guard(CODE, 'start of the chain', () => store.start());
  // The block of a restored state is without its transactions, be it the last.
  const prunedMax = restored === undefined ? Math.max(last, initialHeight) : Math.max(last, restored + 1);
  if (pruned !== undefined && pruned > prunedMax) {
    faults.add(CODE, 'height of pruning', `it is ${pruned}, the last block is ${last}`);
  }
  const context: BlockContext = {
    ...given,
    store,
    start: restored ?? initialHeight,
    prunedBelow: pruned ?? initialHeight,
    expected: { transactions: 0, history: 0, bodies: 0, events: 0, receipts: 0, evidence: 0 },
    sets: new Map(),
  };
  // A summary that cannot be read is a fault of its own height.
  const summaryOf = (height: number): Promise<StoredHeader | undefined> =>
    height < first || height > last
      ? Promise.resolve(undefined)
      : store.header(height).catch(() => undefined);
  let [before, current] = [await summaryOf(from - 1), await summaryOf(from)];
  for (let height = from; height <= to && !faults.isFull; height++) {
    const next = await summaryOf(height + 1);
    await verifyStoredBlock(context, height, before, next);
    [before, current] = [current, next];
    onProgress(height - from + 1, to - from + 1);
  }
  if (to === last) {
    await verifyTip(context, last);
    await verifyWaitingEvidence(context);
  }
  if (from === first && to === last) await verifyNothingElse(context, last);
}

/** The greatest height of a stored header, whatever the record of the tip says; undefined for none. */
export async function lastStoredHeight(engine: StateEngine): Promise<number | undefined> {
  const range = {
    gte: Uint8Array.of(TAGS.header),
    lt: Uint8Array.of(TAGS.header + 1),
    reverse: true,
    limit: 1,
  };
  const [entry] = await engine.rangeAll('blocks', range);
  return entry && bytesToUint64(entry.key, 1);
}

/**
 * The lowest height that a database has to have a header of: the initial one, or where a chain that began at a restored
 * state got to backwards (SYNC-10).
 */
export async function firstStoredHeight(store: BlockStore, initialHeight: number): Promise<number> {
  if ((await store.start()) === undefined) return initialHeight;
  return (await store.firstHeader())?.header.height ?? initialHeight;
}

async function verifyTip({ store, faults, tip, initialHeight }: BlockContext, last: number): Promise<void> {
  if (last < initialHeight) return;
  await faults.guard(CODE, 'tip of the chain', async () => {
    const [stored, summary] = await Promise.all([store.tip(), store.summary(last)]);
    if (summary === undefined) return;
    if (stored?.height !== last || !equalBytes(stored.hash, summary.hash)) {
      faults.add(CODE, 'tip of the chain', `it is not the block ${last} that is stored`);
    }
    if (!equalBytes(summary.header.nextValidatorSetHash, tip.validators.hash)) {
      faults.add(CODE, 'tip of the chain', 'the state has other validators than the last block names');
    }
  });
}

/** Counts what is stored: an entry that no block accounts for came of a fault. */
async function verifyNothingElse(context: BlockContext, last: number): Promise<void> {
  const { faults, expected, first, start } = context;
  const blocks = Math.max(0, last - start + 1);
  const headers = Math.max(0, last - first + 1);
  const counts: readonly [what: string, family: StateFamily, tag: number | undefined, expected: number][] = [
    ['headers', 'blocks', TAGS.header, blocks],
    ['headers of before the restored state', 'blocks', TAGS.pastHeader, headers - blocks],
    ['commits', 'blocks', TAGS.commit, headers],
    ['heights by hash', 'blocks', TAGS.heightOf, headers],
    ['pieces of evidence', 'blocks', TAGS.evidence, expected.evidence],
    ['evidence by identity', 'blocks', TAGS.evidenceAt, expected.evidence],
    ['pieces of transactions', 'blocks', TAGS.body, expected.bodies],
    ['pieces of events', 'blocks', TAGS.events, expected.events],
    ['pieces of receipts', 'receipts', undefined, expected.receipts],
    ['transactions by hash', 'transactions', undefined, expected.transactions],
    ['transactions by account', 'history', undefined, expected.history],
  ];
  for (const [what, family, tag, wanted] of counts) {
    if (faults.isFull) return;
    const found = await faults.guard(CODE, what, () => count(context, family, tag));
    if (found !== undefined && found !== wanted) {
      faults.add(CODE, what, `${found} are stored, the blocks account for ${wanted}`);
    }
  }
  await verifySets(context);
}

async function count(
  { engine }: BlockContext,
  family: StateFamily,
  tag: number | undefined,
): Promise<number> {
  const range = tag === undefined ? {} : { gte: Uint8Array.of(tag), lt: Uint8Array.of(tag + 1) };
  let found = 0;
  for await (const _ of engine.range(family, range)) found++;
  return found;
}

/** Sets that no header of a height names: that of the height after the tip alone. */
async function verifySets(context: BlockContext): Promise<void> {
  const { engine, store, faults, sets, tip } = context;
  const range = { gte: Uint8Array.of(TAGS.validators), lt: Uint8Array.of(TAGS.validators + 1) };
  await faults.guard(CODE, 'validator sets', async () => {
    for await (const { key } of engine.range('blocks', range)) {
      const hash = key.subarray(1);
      if (sets.has(toHex(hash))) continue;
      const where = `validator set ${toHex(hash)}`;
      if (!equalBytes(hash, tip.validators.hash)) faults.add(CODE, where, 'no block names it');
      else {
        const set = await faults.guard(CODE, where, () => store.validators(hash.slice()));
        if (set !== undefined) verifyMembers(context, set);
      }
    }
  });
}
