import type { StateEngine } from '#engines/state';
import { toHex } from '#kernel';
import { isStakePayload, type Transaction } from '#services/transaction';
import {
  advanceRotation,
  beginBlock,
  endBlock,
  gather,
  isHot,
  needHot,
  rotationFor,
  StakeView,
  supplyOf,
  TOTALS,
  turnsOf,
  TURNS_KEPT,
  withChanges,
  type Balances,
  type HotRecords,
  type ProposerRotation,
  type RecordChange,
  type StakeTotals,
  type ValidatorSet,
} from '#services/validator';
import { ExecutionView, checkConservation, executeTransaction } from '../domain/execute.ts';
import { stateKey } from '../domain/state-keys.ts';
import type { Account, BlockEvent, ExecutionInput, Receipt } from '../domain/types.ts';
import { SLICE_TRANSACTIONS } from '../limits.ts';
import type { RunTip } from './face.ts';
import { recordReader } from './stake-state.ts';

/** What a block is executed on. */
export interface ExecutionBasis {
  readonly engine: Pick<StateEngine, 'getMany' | 'range'>;
  readonly tip: RunTip;
  /** The validators of the tip's height, who signed the commit that the next block holds. */
  readonly committee: ValidatorSet;
  readonly hot: HotRecords;
  readonly feePool: bigint;
  readonly readAccounts: (
    ids: readonly string[],
    addresses: readonly Uint8Array[],
  ) => Promise<(Account | undefined)[]>;
  /** Lets votes and requests have their turn during long work. */
  readonly breathe: () => Promise<void>;
}

/** What a block makes of the tip. */
export interface BlockOutcome {
  readonly receipts: readonly Receipt[];
  readonly view: ExecutionView;
  readonly changes: readonly RecordChange[];
  readonly hot: HotRecords;
  readonly feePool: bigint;
  readonly events: readonly BlockEvent[];
  readonly nextValidators: ValidatorSet;
  readonly nextRotation: ProposerRotation;
}

/** Executes a block's content: what happens before the transactions, these, and what happens after them. */
export async function executeBlock(basis: ExecutionBasis, input: ExecutionInput): Promise<BlockOutcome> {
  const { tip, hot, committee } = basis;
  const parameters = { ...tip.parameters, ...tip.staking };
  const { lastCommit: commit, offences = [] } = input;
  const operations = input.transactions.flatMap(({ sender, payload }) =>
    isStakePayload(payload) ? [{ sender, payload }] : [],
  );
  const block = { place: input, committee, commit, offences, operations };
  const gathered = await gather(recordReader(basis.engine), hot, parameters, block);
  const { view, before } = await viewOf(basis, input.transactions, gathered.accounts);
  const stake = new StakeView(hot, balancesOf(view), isHot);
  for (const record of gathered.records) stake.bring(record);
  const given = commit === undefined ? 0n : basis.feePool;
  beginBlock(stake, parameters, { ...block, fees: given, due: gathered.due });
  const events = blockEvents(stake, 'before');
  const receipts: Receipt[] = [];
  for (const [index, transaction] of input.transactions.entries()) {
    receipts.push(executeTransaction(view, { view: stake, parameters }, transaction, input));
    if (index % SLICE_TRANSACTIONS === SLICE_TRANSACTIONS - 1) await basis.breathe();
  }
  const next = endBlock(stake, parameters, input, turnsOf(tip.validators, tip.rotation, TURNS_KEPT));
  events.push(...blockEvents(stake, 'after'));
  const feePool = basis.feePool - given + view.fees;
  const elsewhere = held(stake.need(TOTALS)) - held(needHot(hot, TOTALS)) + feePool - basis.feePool;
  checkConservation(before, view, elsewhere);
  const advanced = advanceRotation(tip.validators, tip.rotation);
  const changes = stake.changes();
  return {
    receipts,
    view,
    changes,
    hot: withChanges(hot, changes),
    feePool,
    events,
    nextValidators: next ?? tip.validators,
    nextRotation: next === undefined ? advanced : rotationFor(next, tip.validators, advanced),
  };
}

/** What the block did by itself since this was last asked. */
function blockEvents(stake: StakeView, when: BlockEvent['when']): BlockEvent[] {
  return stake.takeEvents().map(({ type, attributes }) => ({ when, type, attributes }));
}

/** What is in no account and not in the fee pool, less what came into being on the way. */
function held(totals: StakeTotals): bigint {
  const { bonded, unbonding, rewards, communityPool } = totals;
  return bonded + unbonding + rewards + communityPool - supplyOf(totals);
}

/** Balances as the view of a block has them: every account that the rules move was brought to hand. */
function balancesOf(view: ExecutionView): Balances {
  return {
    balanceOf: (address) => view.account(toHex(address)).balance,
    setBalance(address, balance) {
      const id = toHex(address);
      view.setAccount(id, address, { ...view.account(id), balance });
    },
  };
}

/** Brings everything that the transactions can touch to hand, with one read a kind. */
async function viewOf(
  { engine, readAccounts }: ExecutionBasis,
  transactions: readonly Transaction[],
  others: readonly Uint8Array[],
): Promise<{ view: ExecutionView; before: ReadonlyMap<string, Account> }> {
  const addresses = new Map(others.map((address) => [toHex(address), address]));
  const attestationKeys: Uint8Array[] = [];
  for (const { sender, senderId, payload } of transactions) {
    addresses.set(senderId, sender);
    if (payload.type === 'attest') attestationKeys.push(stateKey.attestation(payload.digest, sender));
    else if (payload.type === 'transfer') for (const { to } of payload.outputs) addresses.set(toHex(to), to);
  }
  const ids = [...addresses.keys()];
  const found = await readAccounts(ids, [...addresses.values()]);
  const before = new Map<string, Account>();
  for (const [i, id] of ids.entries()) {
    const account = found[i];
    if (account !== undefined) before.set(id, account);
  }
  const recorded = await engine.getMany('state', attestationKeys);
  const existing = new Set(attestationKeys.filter((_, i) => recorded[i] !== undefined).map(toHex));
  return { view: new ExecutionView(new Map(before), existing, new Set(ids)), before };
}
