import type { ListProof, Result } from '#kernel';
import type {
  BlockEvent,
  ConsensusParameters,
  Execution,
  LedgerParameters,
  Receipt,
} from '#services/blockchain';
import type { Transaction } from '#services/transaction';
import type { ProposerRotation, ValidatorSet } from '#services/validator';
import type { Evidence } from '../domain/evidence/types.ts';
import type { Block, Commit, Header } from '../domain/types.ts';

/** The last final block and what it dictates about the next. */
export interface ChainTip {
  /** One less than the initial height before the first block. */
  readonly height: number;
  /** The genesis hash before the first block. */
  readonly blockHash: Uint8Array;
  /** The genesis time before the first block. */
  readonly blockTimeMs: number;
  /** A commit of the tip; undefined before the first block. */
  readonly commit: Commit | undefined;
  /** Validators of height + 1. */
  readonly validators: ValidatorSet;
  readonly rotation: ProposerRotation;
  readonly parameters: LedgerParameters;
  readonly consensus: ConsensusParameters;
  /** State root after the tip. */
  readonly stateRoot: Uint8Array;
}

/** A block that became final, after it is durable. */
export interface FinalisedBlock {
  readonly block: Block;
  readonly commit: Commit;
  readonly execution: Execution;
}

/** A block that is known to be final. */
export interface Final {
  readonly block: Block;
  readonly commit: Commit;
}

/** How far a run of final blocks goes. */
export interface RunLimits {
  readonly blocksMax: number;
  /** Heights after which a run ends, since the state after them is needed. */
  readonly endsAt: (height: number) => boolean;
}

/** A block in a list, without its transactions. */
export interface BlockSummary {
  readonly hash: Uint8Array;
  readonly header: Header;
  readonly transactionCount: number;
  /** Bytes of all transactions. */
  readonly transactionBytes: number;
  readonly gasUsed: number;
}

/** A final transaction with its place and outcome. */
export interface FinalTransaction {
  readonly transaction: Transaction;
  readonly height: number;
  readonly index: number;
  readonly receipt: Receipt;
}

/** A final transaction that an account sent or received by. */
export interface AccountTransaction extends FinalTransaction {
  readonly role: 'sender' | 'receiver' | 'both';
}

export interface PageRequest {
  /** `next` of the page before; absent for the newest. */
  readonly cursor?: string;
  /** 1 to 100. */
  readonly limit: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Absent on the last page. */
  readonly next?: string;
}

/**
 * Proof that an item stands at a place of a block: check it with `verifyListProof` against the named root.
 */
export interface ItemProof {
  /** Height of the header that holds the root. */
  readonly rootHeight: number;
  readonly root: Uint8Array;
  /** The leaf: a transaction's hash, or an encoded receipt. */
  readonly item: Uint8Array;
  readonly proof: ListProof;
}

export interface AssembleInput {
  readonly round: number;
  readonly timeMs: number;
  /** 20-byte address of the proposer's consensus key. */
  readonly proposer: Uint8Array;
  /** Commit of the tip; its own is taken when undefined. */
  readonly lastCommit: Commit | undefined;
  /** Candidates in order; those that no block may hold now are left out. */
  readonly transactions: readonly Transaction[];
  /** Candidates in order; none when absent. */
  readonly evidence?: readonly Evidence[];
}

/** Evidence in a final block. */
export interface FinalEvidence {
  readonly evidence: Evidence;
  /** The block that holds it. */
  readonly height: number;
  readonly index: number;
}

/** The chain of final blocks: assembles, validates, finalises, and answers about them. */
export interface Chain {
  /**
   * Reads the tip; call after the ledger is open. A state that was rolled back by a height is brought up to the tip.
   *
   * @throws `block.corrupt-home` when blocks and state disagree
   */
  open(): Promise<void>;
  /** @throws `block.not-open` before `open` */
  tip(): ChainTip;
  /** Ends after the finalisation that is under way. */
  close(): Promise<void>;
  /** Sorts out what no block may hold now and makes the block after the tip. */
  assemble(input: AssembleInput): Promise<Block>;
  /**
   * Verifies a block against the tip: header, last commit, limits, and that each transaction may be in it
   * (executes; the result is kept for `finalise`). The caller has verified the transactions' signatures.
   *
   * @returns what is wrong; `block.evidence-not-checkable` when this node cannot know whether anything is
   */
  validate(block: Block): Promise<Result<void>>;
  /**
   * Says whether the next block may hold the evidence, by the time of the tip.
   *
   * @returns `block.evidence-early`, `block.evidence-expired`, `block.evidence-not-checkable`,
   *   `block.evidence-recorded`, `block.evidence-unattributable`, `block.invalid-evidence`
   */
  checkEvidence(evidence: Evidence): Promise<Result<void>>;
  /**
   * Makes a block final: one atomic, synced write of block, commit, receipts, state and indexes, then the tip
   * moves, then listeners hear. The caller has verified the commit. A height that is final already is a
   * no-op.
   *
   * @throws `block.conflicting-finalisation` (halt) when another block is final at the height
   */
  finalise(block: Block, commit: Commit): Promise<void>;
  /**
   * Makes blocks final one after the other in one write and with one state tree (SYNC-9): for a node that is far behind.
   * The state after those before the last one cannot be asked for. Each block is judged as by `finalise`; a later one
   * that does not pass ends the run before it, and is named when it comes first.
   *
   * @param next gives the block of a height, whose commit the caller has verified against these validators; undefined
   *   when there is none at hand
   * @returns the number of blocks that became final; 0 when `first` was already
   */
  finaliseRun(
    first: Final,
    next: (height: number, validators: ValidatorSet) => Final | undefined,
    limits: RunLimits,
  ): Promise<number>;
  /** Listeners run after the write, in order; one that throws is logged. Returns the unsubscriber. */
  onFinalised(listener: (event: FinalisedBlock) => void): () => void;

  /**
   * Removes transactions, receipts and indexes of the oldest blocks below a height, at most `blocksMax` of
   * them; headers and commits stay. Returns the number of blocks pruned: call again while it is not 0.
   */
  prune(belowHeight: number, blocksMax: number): Promise<number>;

  /** First height of which the transactions are kept. */
  earliest(): number;

  /** The block of a height or hash. @throws `block.not-retained` when its transactions are pruned */
  block(ref: number | Uint8Array): Promise<Block | undefined>;
  /** The wire form of a block, made without decoding its transactions: what peers are served. */
  encodedBlock(height: number): Promise<Uint8Array | undefined>;
  /** A commit that finalised the height. */
  commit(height: number): Promise<Commit | undefined>;
  /** The header of a height or hash, also of one of which only header, commit and validators are kept. */
  header(ref: number | Uint8Array): Promise<Header | undefined>;
  /** Undefined also for a height before the one that the chain was restored at. */
  summary(ref: number | Uint8Array): Promise<BlockSummary | undefined>;
  /** Newest first, without transactions. @throws `block.malformed-cursor` */
  blocks(page: PageRequest): Promise<Page<BlockSummary>>;
  /** The validators of a height up to the one after the tip. */
  validatorSet(height: number): Promise<ValidatorSet | undefined>;
  transaction(hash: Uint8Array): Promise<FinalTransaction | undefined>;
  receipts(height: number): Promise<readonly Receipt[] | undefined>;
  /** What a block did outside of its transactions, in order; undefined when these are pruned. */
  events(height: number): Promise<readonly BlockEvent[] | undefined>;
  /** What an account sent or received by, newest first. @throws `block.malformed-cursor` */
  transactionsOf(address: Uint8Array, page: PageRequest): Promise<Page<AccountTransaction>>;
  /** Evidence in a final block, by its 32-byte identity. */
  evidence(hash: Uint8Array): Promise<FinalEvidence | undefined>;
  /** All evidence in final blocks, newest first. @throws `block.malformed-cursor` */
  evidences(page: PageRequest): Promise<Page<FinalEvidence>>;
  /** Undefined when there is no such transaction. */
  transactionProof(height: number, index: number): Promise<ItemProof | undefined>;
  /** The root is in the next header: undefined also while that is not final. */
  receiptProof(height: number, index: number): Promise<ItemProof | undefined>;
}
