import {
  bytesToUint64,
  concatBytes,
  equalBytes,
  invariant,
  toHex,
  uint64ToBytes,
  type Scheduler,
} from '#kernel';
import type { StateEngine, WriteBatch } from '#engines/state';
import type { ChainIdentity } from '#services/transaction';
import { createStakeQueries, readStakeTip, type StakeQueries } from '#services/validator';
import { STATE_TAGS, attestationPrefix, ofTag, stateKey } from '../domain/state-keys.ts';
import type {
  Account,
  AttestationRecord,
  ExecutionInput,
  GenesisState,
  Offence,
  OffenceRecord,
  SealedExecution,
  StateProof,
  ValidatorRecord,
} from '../domain/types.ts';
import {
  accountCodec,
  attestationRecord,
  consensusParametersCodec,
  feePoolCodec,
  ledgerParametersCodec,
  rotationRecord,
} from '../domain/values.ts';
import { blockchainError } from '../errors.ts';
import { ATTESTATIONS_MAX, PRUNE_RECORDS_MAX } from '../limits.ts';
import { clearUnfinishedRestore } from '../restore/restore-state.ts';
import { EMPTY_HASH, keyHashOf, type ChildRef } from '../tree/node.ts';
import { encodeProofPath } from '../tree/proof.ts';
import { readPath } from '../tree/read-path.ts';
import { unpackStaleKeys } from '../tree/stale-keys.ts';
import { StateTree, type NodeReader } from '../tree/state-tree.ts';
import { AccountCache } from './account-cache.ts';
import type { Ledger, LedgerRun, LedgerTip, Supply } from './face.ts';
import { areRecorded, readOffences } from './offences.ts';
import { META, checkIdentity, decodeTip } from './records.ts';
import { notRetained, readRoot } from './roots.ts';
import { stageState } from './stage-state.ts';
import { StateRun, type HeldStake, type PreparedWrites } from './state-run.ts';
import { recordReader } from './stake-state.ts';
import { summariesOf, supplyOf } from './summaries.ts';
import { writeGenesis } from './write-genesis.ts';

export interface LedgerInit {
  readonly identity: ChainIdentity;
  readonly engine: StateEngine;
  /** Heights before the tip whose state stays readable and provable. */
  readonly retainedHeights: number;
}

/** Makes the ledger of a chain over an engine. */
export function createLedger(init: LedgerInit): (components: { scheduler: Scheduler }) => Ledger {
  return (components) => new StateLedger(init, components.scheduler);
}

class StateLedger implements Ledger {
  readonly #init: LedgerInit;
  readonly #engine: StateEngine;
  readonly #scheduler: Scheduler;
  readonly #reader: NodeReader;
  readonly #cache = new AccountCache();
  /** Writes of executions; gone with the execution that nobody keeps. */
  readonly #prepared = new WeakMap<SealedExecution, PreparedWrites>();
  #tip: LedgerTip | undefined;
  #tree: StateTree | undefined;
  #stake: HeldStake | undefined;
  readonly #stakeQueries: StakeQueries;

  constructor(init: LedgerInit, scheduler: Scheduler) {
    this.#init = init;
    this.#engine = init.engine;
    this.#scheduler = scheduler;
    this.#reader = { getMany: (keys) => init.engine.getMany('tree', keys) };
    this.#stakeQueries = createStakeQueries(recordReader(init.engine), () => this.#held().hot);
  }

  async open(
    genesis: GenesisState | (() => Promise<GenesisState>),
    onProgress: (fraction: number) => void = () => {},
  ): Promise<void> {
    await clearUnfinishedRestore(this.#engine);
    const [identity, tip] = await this.#engine.getMany('meta', [META.identity, META.tip]);
    if (identity !== undefined) checkIdentity(identity, this.#init.identity);
    if (tip !== undefined) return this.#resume(decodeTip(tip));
    const beginning = typeof genesis === 'function' ? await genesis() : genesis;
    const written = await writeGenesis(this.#engine, beginning, onProgress);
    this.#tree = new StateTree(this.#reader, written.root);
    this.#tip = written.tip;
    const stake = await readStakeTip(recordReader(this.#engine), written.tip.height);
    invariant(stake !== undefined, 'a genesis that was written holds staking');
    this.#stake = { ...stake, feePool: 0n };
  }

  async #resume({ height, receiptRoot }: { height: number; receiptRoot: Uint8Array }): Promise<void> {
    const root = await this.#rootAt(height);
    const keys = [
      stateKey.ledgerParameters(),
      stateKey.consensusParameters(),
      stateKey.proposerRotation(),
      stateKey.feePool(),
    ];
    const [parameters, consensus, rotation, feePool] = await this.#engine.getMany('state', keys);
    if (!parameters || !consensus || !rotation || !feePool) {
      throw blockchainError(
        'corrupt-state',
        'the parameters are missing from the state; restore the home from a backup or sync it anew',
      );
    }
    const stake = await readStakeTip(recordReader(this.#engine), height);
    if (stake === undefined) {
      throw blockchainError(
        'corrupt-state',
        'the state holds no staking: it was made by an earlier version, or is damaged; sync the home anew',
      );
    }
    this.#tree = new StateTree(this.#reader, root);
    this.#stake = { ...stake, feePool: feePoolCodec.decode(feePool).balance };
    this.#tip = {
      height,
      stateRoot: root?.hash ?? EMPTY_HASH,
      receiptRoot,
      validators: stake.validators,
      rotation: rotationRecord.decode(rotation),
      parameters: ledgerParametersCodec.decode(parameters),
      staking: stake.staking,
      consensus: consensusParametersCodec.decode(consensus),
    };
  }

  tip(): LedgerTip {
    if (this.#tip === undefined) throw blockchainError('not-open', 'the ledger was not opened');
    return this.#tip;
  }

  async execute(input: ExecutionInput): Promise<SealedExecution> {
    const run = this.beginRun();
    run.add(await run.execute(input));
    return run.seal();
  }

  beginRun(): LedgerRun {
    const run = new StateRun({
      engine: this.#engine,
      tip: this.tip(),
      stake: this.#held(),
      tree: this.#tree as StateTree,
      readAccounts: (ids, addresses) => this.#readAccounts(ids, addresses),
      breathe: () => this.#breathe(),
    });
    return {
      tip: () => run.tip(),
      get entries() {
        return run.entries;
      },
      execute: (input) => run.execute(input),
      add: (execution) => run.add(execution),
      seal: async () => {
        const { execution, writes } = await run.seal();
        this.#prepared.set(execution, writes);
        return execution;
      },
    };
  }

  async #readAccounts(
    ids: readonly string[],
    addresses: readonly Uint8Array[],
  ): Promise<(Account | undefined)[]> {
    const found = ids.map((id) => this.#cache.get(id));
    const missing = ids.flatMap((_, i) => (found[i] === undefined ? [i] : []));
    const tip = this.#tip;
    const stored = await this.#engine.getMany(
      'state',
      missing.map((i) => stateKey.account(addresses[i] as Uint8Array)),
    );
    for (const [position, i] of missing.entries()) {
      const bytes = stored[position];
      if (bytes === undefined) continue;
      const account = accountCodec.decode(bytes);
      found[i] = account;
      // A block that became final during the read has newer accounts, which `committed` has cached.
      if (tip === this.#tip) this.#cache.set(ids[i] as string, account);
    }
    return found;
  }

  #held(): HeldStake {
    if (this.#stake === undefined) throw blockchainError('not-open', 'the ledger was not opened');
    return this.#stake;
  }

  /** Lets votes and requests have their turn during long work. */
  #breathe(): Promise<void> {
    return new Promise((resolve) => {
      this.#scheduler.soon(resolve);
    });
  }

  stage(execution: SealedExecution, batch: WriteBatch): void {
    stageState(batch, execution, this.#writesOf(execution));
  }

  committed(execution: SealedExecution): void {
    const { update, stake, accounts } = this.#writesOf(execution);
    const tip = this.tip();
    (this.#tree as StateTree).adopt(update);
    for (const [id, account] of accounts) this.#cache.set(id, account);
    this.#stake = stake;
    this.#tip = {
      ...tip,
      height: execution.height,
      stateRoot: execution.stateRoot,
      receiptRoot: execution.receiptRoot,
      validators: execution.nextValidators,
      rotation: execution.nextRotation,
    };
  }

  #writesOf(execution: SealedExecution): PreparedWrites {
    const prepared = this.#prepared.get(execution);
    const { height, stateRoot } = this.tip();
    if (
      prepared === undefined ||
      prepared.first !== height + 1 ||
      !equalBytes(prepared.parentRoot, stateRoot)
    ) {
      throw blockchainError(
        'stale-execution',
        `an execution of height ${execution.height} was not made on the tip ${height}`,
      );
    }
    return prepared;
  }

  async accounts(addresses: readonly Uint8Array[]): Promise<Account[]> {
    const found = await this.#readAccounts(addresses.map(toHex), addresses);
    return found.map((account) => account ?? { balance: 0n, nonce: 0 });
  }

  async account(address: Uint8Array, height?: number): Promise<Account | undefined> {
    if (height === undefined || height === this.tip().height) {
      const [account] = await this.#readAccounts([toHex(address)], [address]);
      return account;
    }
    const { value } = (await this.#pathAt(stateKey.account(address), height)).found;
    return value === undefined ? undefined : accountCodec.decode(value);
  }

  async prove(
    key: Uint8Array,
    height = this.tip().height,
  ): Promise<{ height: number; stateRoot: Uint8Array; proof: StateProof }> {
    const { root, found } = await this.#pathAt(key, height);
    const { value, ...path } = found;
    const proof = { key, path: encodeProofPath(path), ...(value === undefined ? {} : { value }) };
    return { height, stateRoot: root?.hash ?? EMPTY_HASH, proof };
  }

  async #pathAt(key: Uint8Array, height: number) {
    const root = await this.#rootAt(height);
    try {
      return { root, found: await readPath(this.#reader, root, keyHashOf(key)) };
    } catch (error) {
      // Blocks and pruning may have overtaken the reader: then the height went, and nothing is damaged.
      await this.#rootAt(height);
      throw error;
    }
  }

  /** @throws `blockchain.height-not-retained`, `blockchain.future-height` */
  async #rootAt(height: number): Promise<ChildRef | undefined> {
    const tip = this.#tip;
    if (tip !== undefined && height > tip.height) {
      throw blockchainError('future-height', `height ${height} is not final yet; the last is ${tip.height}`, {
        height,
      });
    }
    const isRetained = tip === undefined || height >= tip.height - this.#init.retainedHeights;
    if (!isRetained) throw notRetained(height);
    return readRoot(this.#engine, height);
  }

  async validators(): Promise<(ValidatorRecord & { operator: Uint8Array })[]> {
    return summariesOf(this.#held().hot);
  }

  stake(): StakeQueries {
    return this.#stakeQueries;
  }

  async attestations(digest: Uint8Array): Promise<AttestationRecord[]> {
    const prefix = attestationPrefix(digest);
    const options = {
      gte: prefix,
      lt: concatBytes(prefix, new Uint8Array(21).fill(0xff)),
      limit: ATTESTATIONS_MAX,
    };
    const entries = await this.#engine.rangeAll('state', options);
    return entries.map(({ key, value }) => attestationRecord.decode(key, value));
  }

  offencesRecorded(offences: readonly Offence[]): Promise<boolean[]> {
    return areRecorded(this.#engine, offences);
  }

  offences(validator: Uint8Array, page: { upTo?: number; limit: number }): Promise<OffenceRecord[]> {
    return readOffences(this.#engine, validator, page);
  }

  async supply(): Promise<Supply> {
    let balances = 0n;
    for await (const { value } of this.#engine.range('state', ofTag(STATE_TAGS.account)))
      balances += accountCodec.decode(value).balance;
    const { hot, feePool } = this.#held();
    return supplyOf(balances, feePool, hot);
  }

  async prune(held = Infinity): Promise<boolean> {
    const keep = Math.min(this.tip().height - this.#init.retainedHeights, held);
    if (keep <= 0) return false;
    const roots = await this.#engine.rangeAll('meta', {
      gte: META.root(0),
      lt: META.root(keep),
      limit: PRUNE_RECORDS_MAX,
    });
    // No further than the roots: a height whose root is left has all its nodes, also when more is retained later on.
    const last = roots.length === PRUNE_RECORDS_MAX ? roots.at(-1)?.key : undefined;
    const first = last === undefined ? keep : bytesToUint64(last, last.length - 8) + 1;
    const stale = await this.#engine.rangeAll('stale', {
      lt: uint64ToBytes(first + 1),
      limit: PRUNE_RECORDS_MAX,
    });
    if (stale.length === 0 && roots.length === 0) return false;
    const batch = this.#engine.batch();
    for (const { key, value } of stale) {
      batch.delete('stale', key);
      for (const node of unpackStaleKeys(value)) batch.delete('tree', node);
    }
    for (const { key } of roots) batch.delete('meta', key);
    await this.#engine.write(batch);
    return stale.length === PRUNE_RECORDS_MAX || roots.length === PRUNE_RECORDS_MAX;
  }
}
