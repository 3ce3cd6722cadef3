import type { StateEngine } from '#engines/state';
import { addressOfKey, bytesToUint64, equalBytes, listRoot, toHex, type SignatureVerifier } from '#kernel';
import { receiptCodec, receiptRootItems, type Faults } from '#services/blockchain';
import {
  decodeTransaction,
  hashTransaction,
  type ChainIdentity,
  type Transaction,
} from '#services/transaction';
import type { ValidatorSet } from '#services/validator';
import type { BlockSummary } from '../chain/face.ts';
import { commitHash, NO_COMMIT_HASH } from '../domain/commit.ts';
import type { Header } from '../domain/types.ts';
import { verifyCommit } from '../domain/verify-commit.ts';
import { BLOCK_VERSION, CHUNK_ITEMS } from '../limits.ts';
import type { BlockStore } from '../store/block-store.ts';
import { blocksKey, historyKey, placeToBytes } from '../store/keys.ts';
import { rolesIn } from '../store/stage-block.ts';
import { isNameless } from '../state-sync/past-validators.ts';
import type { StoredHeader } from '../store/records.ts';
import { verifyStoredEvidence } from './verify-stored-evidence.ts';

const CODE = 'block.corrupt-home';

/** What a block is verified against. */
export interface BlockContext {
  readonly engine: StateEngine;
  readonly store: BlockStore;
  readonly identity: ChainIdentity;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
  readonly initialHeight: number;
  /** Lowest height that the store has a header of, and the first of those that it has a block of. */
  readonly first: number;
  readonly start: number;
  readonly genesisTimeMs: number;
  /** Transactions of heights below are pruned. */
  readonly prunedBelow: number;
  /** Roots and validators after the last block, which no header names. */
  readonly tip: { readonly receiptRoot: Uint8Array; readonly validators: ValidatorSet };
  /**
   * Who the state knows by a consensus key in hex: the hash of a set does not cover operator and name. A name that was
   * changed since the beginning is undefined: sets have the one of their time.
   */
  readonly operators: ReadonlyMap<
    string,
    { readonly operator: Uint8Array; readonly name: string | undefined }
  >;
  readonly faults: Faults;
  /** Entries that indexes must have for what was verified. */
  readonly expected: {
    transactions: number;
    history: number;
    bodies: number;
    events: number;
    receipts: number;
    evidence: number;
  };
  /** Sets that were verified, by hash in hex. */
  readonly sets: Map<string, ValidatorSet>;
}

/** Recomputes everything that is stored of a height out of the block itself. */
export async function verifyStoredBlock(
  context: BlockContext,
  height: number,
  before: StoredHeader | undefined,
  next: StoredHeader | undefined,
): Promise<void> {
  const { faults, store, start } = context;
  const where = `block ${height}`;
  if (height < start) {
    const past = await faults.guard(CODE, where, () => store.header(height));
    if (past === undefined) return faults.add(CODE, where, 'the header is missing or cannot be read');
    await verifyLinks(context, height, past, before);
    return verifyCommits(context, height, past);
  }
  const summary = await faults.guard(CODE, where, () => store.summary(height));
  if (summary === undefined) return faults.add(CODE, where, 'the block is missing or cannot be read');
  await verifyLinks(context, height, summary, before);
  await verifyCommits(context, height, summary);
  await verifyStoredEvidence(context, summary.header);
  if (height >= context.prunedBelow) await verifyBody(context, height, summary, next);
}

async function verifyLinks(
  { identity, engine, initialHeight, genesisTimeMs, faults }: BlockContext,
  height: number,
  { hash, header }: StoredHeader,
  before: StoredHeader | undefined,
): Promise<void> {
  const where = `block ${height}`;
  const check = (isRight: boolean, message: string): void => {
    if (!isRight) faults.add(CODE, where, message);
  };
  check(header.height === height, `it is stored under ${height} and says ${header.height}`);
  check(header.version === BLOCK_VERSION, `it is of version ${header.version}`);
  check(header.chainId === identity.chainId, `it is of chain ${header.chainId}`);
  const parent = height === initialHeight ? identity.genesisHash : before?.hash;
  check(parent === undefined || equalBytes(header.parentHash, parent), 'its parent is another block');
  const earliest = height === initialHeight ? genesisTimeMs : before?.header.timeMs;
  check(earliest === undefined || header.timeMs > earliest, 'it is not later than its parent');
  const set = before?.header.nextValidatorSetHash;
  check(
    set === undefined || equalBytes(header.validatorSetHash, set),
    'its validators are not those that follow',
  );
  const index = await faults.guard(CODE, `${where}, index by hash`, () =>
    engine.get('blocks', blocksKey.heightOf(hash)),
  );
  const isIndexed = index?.length === 8 && bytesToUint64(index) === height;
  if (!isIndexed)
    faults.add(CODE, `${where}, index by hash`, `${toHex(hash)} does not lead to height ${height}`);
}

async function verifyCommits(
  context: BlockContext,
  height: number,
  { hash, header }: StoredHeader,
): Promise<void> {
  const { store, identity, verifier, faults, initialHeight, first } = context;
  const where = `commit ${height}`;
  const set = await setOf(context, header);
  const commit = await faults.guard(CODE, where, () => store.commit(height));
  if (commit === undefined) faults.add(CODE, where, 'the commit is missing or cannot be read');
  else if (set !== undefined) {
    const { genesisHash } = identity;
    const verified = verifyCommit(commit, { set, height, blockHash: hash, genesisHash, verifier });
    if (!verified.ok) faults.add(verified.error.code, where, verified.error.message);
  }
  // The commit that the lowest header names was of no use.
  if (height === first && first > initialHeight) return;
  const earlier =
    height === initialHeight
      ? undefined
      : await faults.guard(CODE, `commit ${height - 1}`, () => store.commit(height - 1));
  const named = earlier === undefined ? NO_COMMIT_HASH : commitHash(earlier);
  if (!equalBytes(header.commitHash, named)) {
    faults.add(
      'block.wrong-commit-hash',
      `commit ${height - 1}`,
      `it is not the one that block ${height} names`,
    );
  }
}

/** The validators of a height, each looked at once. */
async function setOf(context: BlockContext, header: Header): Promise<ValidatorSet | undefined> {
  const { sets, store, faults } = context;
  const id = toHex(header.validatorSetHash);
  const known = sets.get(id);
  if (known !== undefined) return known;
  const where = `validator set ${id}`;
  const set = await faults.guard(CODE, where, () => store.validators(header.validatorSetHash));
  if (set === undefined) {
    faults.add(CODE, where, `the validators of block ${header.height} are missing or cannot be read`);
    return undefined;
  }
  verifyMembers(context, set);
  sets.set(id, set);
  return set;
}

/** What the hash of a set does not cover: addresses, operators and names. */
export function verifyMembers({ faults, operators }: BlockContext, set: ValidatorSet): void {
  const where = `validator set ${toHex(set.hash)}`;
  for (const { publicKey, address, operator, name } of set.validators) {
    if (!equalBytes(address, addressOfKey('ed25519', publicKey))) {
      faults.add(CODE, where, `the validator ${toHex(publicKey)} has the address of another key`);
    }
    // A key that was replaced is not among those that the state names; a set of a peer may name nobody.
    const other = operators.get(toHex(publicKey));
    if (other === undefined || isNameless({ operator, name })) continue;
    if (equalBytes(other.operator, operator) && (other.name === undefined || other.name === name)) continue;
    faults.add(
      CODE,
      where,
      `the validator ${toHex(publicKey)} has another operator or name than in the state`,
    );
  }
}

async function verifyBody(
  context: BlockContext,
  height: number,
  summary: BlockSummary,
  next: StoredHeader | undefined,
): Promise<void> {
  const { store, faults, identity, expected } = context;
  const where = `transactions of block ${height}`;
  const encoded = await faults.guard(CODE, where, () => store.encodedTransactions(height));
  const { transactionCount, transactionBytes, header } = summary;
  const chunks = Math.ceil(transactionCount / CHUNK_ITEMS);
  expected.bodies += chunks;
  expected.receipts += chunks;
  expected.transactions += transactionCount;
  await verifyReceipts(context, height, summary, next);
  if (encoded === undefined) return;
  if (encoded.length !== transactionCount) {
    return faults.add(CODE, where, `${encoded.length} are stored, the block has ${transactionCount}`);
  }
  const bytes = encoded.reduce((sum, { length }) => sum + length, 0);
  if (bytes !== transactionBytes)
    faults.add(CODE, where, `they have ${bytes} bytes, the summary says ${transactionBytes}`);
  const root = listRoot(encoded.map(hashTransaction));
  if (!equalBytes(root, header.transactionRoot)) {
    return faults.add(
      'block.wrong-transaction-root',
      where,
      `their root is ${toHex(root)}, the header names ${toHex(header.transactionRoot)}`,
    );
  }
  const transactions = await faults.guard(CODE, where, async () =>
    encoded.map((one) => decodeTransaction(one, identity)),
  );
  if (transactions !== undefined) await verifyIndexes(context, height, transactions);
}

/** The receipts, and what the block did by itself: the same root covers both. */
async function verifyReceipts(
  { store, faults, tip, expected }: BlockContext,
  height: number,
  { transactionCount, gasUsed }: BlockSummary,
  next: StoredHeader | undefined,
): Promise<void> {
  const where = `receipts of block ${height}`;
  await faults.guard(CODE, where, async () => {
    const events = await store.encodedEvents(height);
    expected.events += Math.ceil(events.length / CHUNK_ITEMS);
    const encoded = await store.encodedReceipts(height);
    if (encoded.length !== transactionCount) {
      return faults.add(
        CODE,
        where,
        `${encoded.length} are stored, the block has ${transactionCount} transactions`,
      );
    }
    const root = listRoot(receiptRootItems(encoded, events));
    const named = next?.header.receiptRoot ?? tip.receiptRoot;
    if (!equalBytes(root, named)) {
      return faults.add(
        'block.wrong-receipt-root',
        where,
        `their root, with the events of the block, is ${toHex(root)}; the chain names ${toHex(named)}`,
      );
    }
    const gas = encoded.reduce((sum, one) => sum + receiptCodec.decode(one).gasUsed, 0);
    if (gas !== gasUsed) faults.add(CODE, where, `they used ${gas} gas, the summary says ${gasUsed}`);
  });
}

/** Places by hash, and by the accounts that sent and received. */
async function verifyIndexes(
  { engine, faults, expected }: BlockContext,
  height: number,
  transactions: readonly Transaction[],
): Promise<void> {
  const places = await engine.getMany(
    'transactions',
    transactions.map(({ hash }) => hash),
  );
  for (const [index, transaction] of transactions.entries()) {
    const place = placeToBytes({ height, index });
    const found = places[index];
    const where = `transaction ${transaction.id}`;
    if (found === undefined || !equalBytes(found, place)) {
      faults.add(CODE, `${where}, index by hash`, `it does not lead to place ${index} of block ${height}`);
    }
    const roles = rolesIn(transaction);
    expected.history += roles.length;
    const stored = await engine.getMany(
      'history',
      roles.map(({ address }) => historyKey(address, place)),
    );
    for (const [at, { address, role }] of roles.entries()) {
      const value = stored[at];
      if (value?.length === 1 && value[0] === role) continue;
      faults.add(
        CODE,
        `${where}, index by account`,
        `the account ${toHex(address)} does not have it in its role`,
      );
    }
  }
}
