import type { StateEngine } from '#engines/state';
import { toHex, type Scheduler, type SignatureVerifier } from '#kernel';
import {
  createBlockStore,
  firstStoredHeight,
  inputOf,
  lastStoredHeight,
  verifyBlocks,
  type BlockStore,
} from '#services/block';
import {
  blockchainError,
  createLedger,
  Faults,
  verifyEntries,
  verifyExecution,
  verifyTrees,
  type BlockToExecute,
  type Fault,
  type Ledger,
} from '#services/blockchain';
import type { ChainIdentity } from '#services/transaction';

/** Parts of a verification, in order. */
export type VerifyStage = 'blocks' | 'trees' | 'entries' | 'execution';

export interface DatabaseToVerify {
  readonly engine: StateEngine;
  readonly identity: ChainIdentity;
  readonly initialHeight: number;
  readonly genesisTimeMs: number;
  readonly retainedHeights: number;
  readonly scheduler: Scheduler;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
  /** First and last height; the first and the last stored when undefined, and at the most. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly faultsMax: number;
  readonly onProgress: (stage: VerifyStage, done: number, total: number) => void;
}

export interface DatabaseReport {
  readonly from: number;
  readonly to: number;
  /** Heights whose state was recomputed node by node; null for none. */
  readonly states: { readonly first: number; readonly last: number } | null;
  /** Blocks that were executed again. */
  readonly executed: number;
  readonly faults: readonly Fault[];
  /** There may be more faults than are named. */
  readonly isCutOff: boolean;
}

/** What the verification of each part needs. */
interface Verification extends DatabaseToVerify {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly last: number;
  readonly store: BlockStore;
  readonly ledger: Ledger;
  readonly faults: Faults;
}

/**
 * Recomputes what a database holds out of its blocks: hashes, transaction and receipt roots, signatures of commits,
 * indexes, every node of the state trees, the entries of the state, and the state of retained heights by executing
 * their blocks again. Reads alone.
 *
 * @throws `blockchain.other-chain`, `blockchain.rolled-back-already`, `blockchain.future-height` for a range after the
 *   last block
 */
export async function verifyDatabase(given: DatabaseToVerify): Promise<DatabaseReport> {
  const { engine, identity, initialHeight } = given;
  const faults = new Faults(given.faultsMax);
  const store = createBlockStore(engine, identity);
  const code = 'block.corrupt-home';
  const stored = await faults.guard(code, 'last block', () => lastStoredHeight(engine));
  const last = stored ?? initialHeight - 1;
  const found = await faults.guard(code, 'first header', () => firstStoredHeight(store, initialHeight));
  const first = found ?? initialHeight;
  const from = Math.max(given.from ?? first, first);
  const to = Math.min(given.to ?? last, last);
  if (given.from !== undefined && given.from > last && faults.found.length === 0) {
    throw blockchainError(
      'future-height',
      `there is no block ${given.from}: the last one stored is ${last}`,
      { last },
    );
  }
  const ledger = await openLedger(given, last, faults);
  let [states, executed]: [DatabaseReport['states'], number] = [null, 0];
  if (ledger !== undefined) {
    const verification = { ...given, faults, store, first, last, from, to, ledger };
    await verifyStored(verification);
    if (!faults.isFull) states = await verifyStates(verification);
    if (!faults.isFull && states !== null) executed = await execute(verification, states);
  }
  return { from, to, states, executed, faults: faults.found, isCutOff: faults.isFull };
}

/** The ledger at its tip; a state that cannot even be opened is a fault, and ends the verification. */
async function openLedger(
  given: DatabaseToVerify,
  last: number,
  faults: Faults,
): Promise<Ledger | undefined> {
  const { engine, identity, retainedHeights, scheduler } = given;
  const ledger = createLedger({ identity, engine, retainedHeights })({ scheduler });
  const height = await faults.guard('blockchain.corrupt-state', 'tip of the state', async () => {
    await ledger.open(async () => {
      throw blockchainError(
        'corrupt-state',
        'there is no state: the node has not started yet, or its tip is missing',
      );
    });
    return ledger.tip().height;
  });
  if (height === last - 1 && last >= given.initialHeight) {
    throw blockchainError(
      'rolled-back-already',
      `the state was rolled back to height ${height}: start the node, which executes block ${last} again, then verify`,
      { height },
    );
  }
  if (height !== undefined && height !== last) {
    faults.add(
      'block.corrupt-home',
      'tip of the state',
      `it is of height ${height}, the last block is ${last}`,
    );
  }
  return height === undefined ? undefined : ledger;
}

async function verifyStored(given: Verification): Promise<void> {
  const { ledger, onProgress } = given;
  const operators = new Map(
    ledger
      .stake()
      .validators()
      .map(({ operator, record }) => {
        const name = record.identityHeight === 0 ? record.identity.name : undefined;
        return [toHex(record.publicKey), { operator, name }];
      }),
  );
  const report = (done: number, total: number): void => onProgress('blocks', done, total);
  await verifyBlocks({ ...given, tip: ledger.tip(), operators, onProgress: report });
}

async function verifyStates(given: Verification): Promise<DatabaseReport['states']> {
  const { store, from, to, last, faults, onProgress } = given;
  const states = await verifyTrees({
    ...given,
    // The state before the first block is that which it is executed on.
    from: from - 1,
    rootNamed: async (height) => (await store.header(height + 1).catch(() => undefined))?.header.stateRoot,
    onProgress: (done, total) => onProgress('trees', done, total),
  });
  if (to === last && !faults.isFull) {
    await verifyEntries({ ...given, onProgress: (done, total) => onProgress('entries', done, total) });
  }
  return states ?? null;
}

/** Executes again what is retained: the state before, and the transactions. */
async function execute(
  given: Verification,
  states: { readonly first: number; readonly last: number },
): Promise<number> {
  const { store, ledger, last, faults, onProgress } = given;
  const pruned = await faults.guard('block.corrupt-home', 'height of pruning', () => store.prunedBelow());
  const first = Math.max(states.first, (pruned ?? 0) - 1);
  if (first >= states.last) return 0;
  /** Root of the receipts of a height. */
  const receiptRootOf = async (height: number): Promise<Uint8Array | undefined> =>
    height === last ? ledger.tip().receiptRoot : (await store.header(height + 1))?.header.receiptRoot;
  const blockOf = async (height: number): Promise<BlockToExecute | undefined> => {
    const [block, receiptRoot] = await Promise.all([store.block(height), receiptRootOf(height)]);
    if (block === undefined || receiptRoot === undefined) return undefined;
    const { nextValidatorSetHash } = block.header;
    return { input: inputOf(block), receiptRoot, nextValidatorSetHash };
  };
  const report = (done: number, total: number): void => onProgress('execution', done, total);
  return verifyExecution({ ...given, first, last: states.last, receiptRootOf, blockOf, onProgress: report });
}
