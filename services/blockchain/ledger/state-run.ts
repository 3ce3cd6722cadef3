import type { StateEngine } from '#engines/state';
import { invariant, listRoot } from '#kernel';
import type { HotRecords, ValidatorSet } from '#services/validator';
import { blockEventCodec, receiptRootItems } from '../domain/block-event.ts';
import { receiptCodec } from '../domain/receipt.ts';
import { stateKey } from '../domain/state-keys.ts';
import type { Account, Execution, ExecutionInput, SealedExecution } from '../domain/types.ts';
import { accountCodec, feePoolCodec, rotationRecord } from '../domain/values.ts';
import { changeOf, type StateTree } from '../tree/state-tree.ts';
import { executeBlock, type BlockOutcome } from './execute-block.ts';
import type { LedgerTip, RunTip } from './face.ts';
import type { StateWrite } from './genesis-entries.ts';
import { recordOffences } from './offences.ts';
import { PendingEntries } from './pending-entries.ts';
import type { StagedWrites } from './stage-state.ts';

/** What is in memory beside the tip. */
export interface HeldStake {
  readonly hot: HotRecords;
  readonly feePool: bigint;
  /** The validators of the tip's height. */
  readonly committee: ValidatorSet;
}

/** What a run of blocks, or a single one, makes of the state; it is for the ledger to write. */
export interface PreparedWrites extends StagedWrites {
  readonly parentRoot: Uint8Array;
  readonly stake: HeldStake;
  /** Accounts that any of the blocks changed, by address in hex. */
  readonly accounts: ReadonlyMap<string, Account>;
}

/** A block that the run can have. */
interface Executed {
  readonly execution: Execution;
  readonly outcome: BlockOutcome;
  readonly offences: readonly StateWrite[];
}

export interface StateRunBasis {
  readonly engine: Pick<StateEngine, 'getMany' | 'range'>;
  readonly tip: LedgerTip;
  readonly stake: HeldStake;
  readonly tree: StateTree;
  /** Accounts at the tip. */
  readonly readAccounts: (
    ids: readonly string[],
    addresses: readonly Uint8Array[],
  ) => Promise<(Account | undefined)[]>;
  /** Lets votes and requests have their turn during long work. */
  readonly breathe: () => Promise<void>;
}

/**
 * Executes blocks one on the other without writing them. The tree is brought up to date once, at the end: what it would
 * be after the blocks before the last one is not worked out (SYNC-9).
 */
export class StateRun {
  readonly #basis: StateRunBasis;
  readonly #entries: PendingEntries;
  readonly #accounts = new Map<string, { readonly address: Uint8Array; readonly account: Account }>();
  #tip: RunTip;
  #stake: HeldStake;
  #executed: Executed | undefined;
  #first = 0;
  #last: Execution | undefined;

  constructor(basis: StateRunBasis) {
    this.#basis = basis;
    this.#entries = new PendingEntries(basis.engine);
    this.#tip = basis.tip;
    this.#stake = basis.stake;
  }

  tip(): RunTip {
    return this.#tip;
  }

  /** Entries of the state that the blocks so far change. */
  get entries(): number {
    return this.#entries.size + this.#accounts.size;
  }

  /** As `Ledger.execute`, on the last block of the run; the run has it when it was added. */
  async execute(input: ExecutionInput): Promise<Execution> {
    const { breathe } = this.#basis;
    if (this.#last !== undefined) await breathe();
    const { height, offences: proven = [] } = input;
    const outcome = await executeBlock(
      {
        ...this.#stake,
        engine: this.#entries,
        tip: this.#tip,
        readAccounts: (ids, addresses) => this.#readAccounts(ids, addresses),
        breathe,
      },
      input,
    );
    const offences = await recordOffences(this.#entries, proven, height);
    const { receipts, events, view, nextValidators, nextRotation } = outcome;
    const encodedReceipts = receipts.map((receipt) => receiptCodec.encodeTrusted(receipt));
    const encodedEvents = events.map((event) => blockEventCodec.encodeTrusted(event));
    const execution: Execution = {
      height,
      receipts,
      encodedReceipts,
      receiptRoot: listRoot(receiptRootItems(encodedReceipts, encodedEvents)),
      gasUsed: receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0),
      nextValidators,
      nextRotation,
      offences: offences.records,
      events,
      encodedEvents,
      changedAccounts: new Map([...view.changed].map(([id, { account }]) => [id, account])),
    };
    this.#executed = { execution, outcome, offences: offences.entries };
    return execution;
  }

  /** Puts what was executed last into the run. */
  add(execution: Execution): void {
    const executed = this.#executed;
    invariant(executed?.execution === execution, 'the block that is added was executed last');
    this.#executed = undefined;
    this.#take(executed);
    const { hot, feePool } = executed.outcome;
    this.#stake = { hot, feePool, committee: this.#tip.validators };
    this.#tip = {
      ...this.#tip,
      height: execution.height,
      stateRoot: undefined,
      receiptRoot: execution.receiptRoot,
      validators: execution.nextValidators,
      rotation: execution.nextRotation,
    };
    if (this.#last === undefined) this.#first = execution.height;
    this.#last = execution;
  }

  async #readAccounts(
    ids: readonly string[],
    addresses: readonly Uint8Array[],
  ): Promise<(Account | undefined)[]> {
    const { readAccounts } = this.#basis;
    const changed = ids.map((id) => this.#accounts.get(id)?.account);
    const missing = ids.flatMap((_, i) => (changed[i] === undefined ? [i] : []));
    const found = await readAccounts(
      missing.map((i) => ids[i] as string),
      missing.map((i) => addresses[i] as Uint8Array),
    );
    for (const [position, i] of missing.entries()) changed[i] = found[position];
    return changed;
  }

  #take({ outcome, offences }: Executed): void {
    const { view, changes, feePool, nextRotation } = outcome;
    const entries = this.#entries;
    entries.set({ key: stateKey.proposerRotation(), value: rotationRecord.encode(nextRotation) });
    entries.set({ key: stateKey.feePool(), value: feePoolCodec.encode({ balance: feePool }) });
    for (const write of view.recorded) entries.set(write);
    for (const write of offences) entries.set(write);
    for (const { key, bytes } of changes) entries.set({ key, value: bytes });
    for (const [id, changed] of view.changed) this.#accounts.set(id, changed);
  }

  /** Works out the tree after the last block: that block's execution with the root, and what is to be written. */
  async seal(): Promise<{ readonly execution: SealedExecution; readonly writes: PreparedWrites }> {
    const { tip, tree, breathe } = this.#basis;
    const last = this.#last;
    invariant(last !== undefined, 'a run that is sealed has a block');
    const entries = [...this.#entries.all()];
    const accounts = new Map<string, Account>();
    for (const [id, { address, account }] of this.#accounts) {
      accounts.set(id, account);
      entries.push({ key: stateKey.account(address), value: accountCodec.encodeTrusted(account) });
    }
    const changes = entries.map(({ key, value }) => changeOf(key, value));
    const update = await tree.update(changes, last.height, breathe);
    return {
      execution: { ...last, stateRoot: update.rootHash },
      writes: {
        first: this.#first,
        parentRoot: tip.stateRoot,
        entries,
        update,
        stake: this.#stake,
        accounts,
      },
    };
  }
}
