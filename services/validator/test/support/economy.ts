import { compareBytes, hash, toHex, utf8, type CodedError } from '#kernel';
import { nativeEd25519Key } from '#runtime';
import type { StakePayload } from '#services/transaction';
import { beginBlock } from '../../domain/begin-block.ts';
import { endBlock } from '../../domain/end-block.ts';
import { setOfView } from '../../domain/epoch/seats.ts';
import { genesisRecords } from '../../domain/genesis-records.ts';
import { executeOperation } from '../../domain/operations/execute.ts';
import { DEFAULT_STAKING, type EconomyParameters } from '../../domain/parameters.ts';
import type { Commission, StakeTotals } from '../../domain/records/records.ts';
import { STAKE_TAGS, TOTALS, type Table } from '../../domain/records/tables.ts';
import type { ProvenOffence } from '../../domain/slashing/punish.ts';
import { StakeView, type RecordChange, type StakeEvent } from '../../domain/stake-view.ts';
import type { ValidatorSet } from '../../domain/validator-set.ts';
import { gather } from '../../store/gather.ts';
import { isHot, readHot, withChanges, type HotRecords } from '../../store/hot-records.ts';
import type { RecordReader } from '../../store/record-reader.ts';

export const PARAMETERS: EconomyParameters = {
  ...DEFAULT_STAKING,
  maxChurnBasisPoints: 10_000,
  communityBasisPoints: 0,
  maxValidators: 4,
  minSelfStake: 1_000n,
  powerReduction: 1_000n,
  epochBlocks: 5,
  unbondingPeriodMs: 20_000,
  signedBlocksWindow: 10,
  minSignedBasisPoints: 5_000,
  downtimeJailMs: 5_000,
  downtimeSlashBasisPoints: 100,
};
export const GENESIS_TIME_MS = 1_700_000_000_000;
export const BLOCK_MS = 1_000;
export const NO_COMMISSION: Commission = { rate: 0, maxRate: 10_000, maxDailyChange: 10_000 };

/** An address by a name. */
export function addressOf(name: string): Uint8Array {
  return hash('address', utf8(name)).slice(0, 20);
}

/** A consensus key by a name. */
export function consensusKeyOf(name: string): Uint8Array {
  return nativeEd25519Key(hash('derive-key', utf8(name))).publicKey;
}

export function identityOf(name: string) {
  return { name, website: '', contact: '', description: '', location: '' };
}

export interface Founder {
  readonly name: string;
  readonly stake: bigint;
  readonly commission?: Commission;
}

export interface BlockOptions {
  readonly operations?: readonly (readonly [sender: string, payload: StakePayload])[];
  /** Names of validators that did not sign the block before. */
  readonly absent?: readonly string[];
  readonly round?: number;
  readonly offences?: readonly ProvenOffence[];
  readonly fees?: bigint;
  readonly elapsedMs?: number;
}

export interface BlockResult {
  /** By operation: the code of its error, or `ok`. */
  readonly codes: readonly string[];
  readonly errors: readonly (CodedError | undefined)[];
  readonly events: readonly StakeEvent[];
  readonly changes: readonly RecordChange[];
}

/** The rules of the context over a store in memory, block by block, without a ledger. */
export class Economy {
  readonly parameters: EconomyParameters;
  readonly store = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>();
  readonly balances = new Map<string, bigint>();
  readonly reader: RecordReader;
  hot: HotRecords = new Map();
  height: number;
  timeMs = GENESIS_TIME_MS;
  /** Validators of the next height, and of the one before. */
  validators: ValidatorSet;
  committee: ValidatorSet;
  fees = 0n;

  private constructor(parameters: EconomyParameters, first: ValidatorSet) {
    this.parameters = parameters;
    this.validators = first;
    this.committee = first;
    this.height = 0;
    this.reader = {
      getMany: async (keys) => keys.map((key) => this.store.get(toHex(key))?.value),
      range: async (gte, lt, limit = Infinity) =>
        [...this.store.values()]
          .filter(({ key }) => compareBytes(key, gte) >= 0 && compareBytes(key, lt) < 0)
          .toSorted((a, b) => compareBytes(a.key, b.key))
          .slice(0, limit),
    };
  }

  static async start(
    founders: readonly Founder[],
    balances: Readonly<Record<string, bigint>>,
    changes: Partial<EconomyParameters> = {},
  ): Promise<Economy> {
    const parameters = { ...PARAMETERS, ...changes };
    const declared = founders.map(({ name, stake, commission = NO_COMMISSION }) => ({
      operator: addressOf(name),
      publicKey: consensusKeyOf(name),
      stake,
      identity: identityOf(name),
      commission,
    }));
    const place = { initialHeight: 1, timeMs: GENESIS_TIME_MS };
    const { records, totals, validators } = genesisRecords(declared, parameters, place);
    const economy = new Economy(parameters, validators);
    for (const [name, balance] of Object.entries(balances))
      economy.balances.set(toHex(addressOf(name)), balance);
    const liquid = Object.values(balances).reduce((sum, balance) => sum + balance, 0n);
    economy.#apply(records);
    const issued = { ...totals, issued: totals.issued + liquid };
    economy.#apply([{ key: TOTALS.keyOf(), bytes: TOTALS.encode(issued), value: issued }]);
    economy.hot = await readHot(economy.reader);
    return economy;
  }

  balanceOf(name: string): bigint {
    return this.balances.get(toHex(addressOf(name))) ?? 0n;
  }

  /** The record of an id, as it is stored. */
  record<const Id extends readonly (Uint8Array | number)[], Value>(
    { keyOf, decode }: Table<Id, Value>,
    ...id: Id
  ): Value | undefined {
    const found = this.store.get(toHex(keyOf(...id)));
    return found === undefined ? undefined : decode(found.value);
  }

  /** All records of a table. */
  records<Id extends readonly (Uint8Array | number)[], Value>(
    table: Table<Id, Value>,
  ): { key: Uint8Array; value: Value }[] {
    return [...this.store.values()]
      .filter(({ key }) => key[0] === STAKE_TAGS[table.name])
      .toSorted((a, b) => compareBytes(a.key, b.key))
      .map(({ key, value }) => ({ key, value: table.decode(value) }));
  }

  totals(): StakeTotals {
    return this.record(TOTALS) as StakeTotals;
  }

  /** Carries out one block and makes it final. */
  async block(options: BlockOptions = {}): Promise<BlockResult> {
    const { operations = [], absent = [], round = 0, offences = [], elapsedMs = BLOCK_MS } = options;
    const height = this.height + 1;
    const timeMs = this.timeMs + elapsedMs;
    const place = { height, timeMs };
    const away = new Set(absent.map((name) => toHex(addressOf(name))));
    const signers = this.committee.validators.map(({ operator }) => !away.has(toHex(operator)));
    const commit = height === 1 ? undefined : { round, signers };
    const asked = operations.map(([sender, payload]) => ({ sender: addressOf(sender), payload }));
    const { committee } = this;
    const gathering = { place, committee, commit, offences, operations: asked };
    const gathered = await gather(this.reader, this.hot, this.parameters, gathering);
    const atHand = new Set([
      ...asked.map(({ sender }) => toHex(sender)),
      ...gathered.accounts.map((address) => toHex(address)),
    ]);
    const requireAtHand = (address: Uint8Array): string => {
      const name = toHex(address);
      if (!atHand.has(name)) throw new Error(`the account ${name} was not brought to hand`);
      return name;
    };
    const balances = {
      balanceOf: (address: Uint8Array) => this.balances.get(requireAtHand(address)) ?? 0n,
      setBalance: (address: Uint8Array, balance: bigint) =>
        void this.balances.set(requireAtHand(address), balance),
    };
    const view = new StakeView(this.hot, balances, isHot);
    for (const record of gathered.records) view.bring(record);
    const { due } = gathered;
    const fees = commit === undefined ? 0n : this.fees;
    beginBlock(view, this.parameters, { ...gathering, fees, due });
    this.#payFees(options.fees ?? 0n);
    this.fees -= fees;
    const errors = asked.map(({ sender, payload }) =>
      executeOperation({ view, parameters: this.parameters, place, sender }, payload),
    );
    const turns = [0, 1, 2, 3].slice(0, this.validators.validators.length);
    const next = endBlock(view, this.parameters, place, turns);
    const changes = view.changes();
    this.#apply(changes);
    this.hot = withChanges(this.hot, changes);
    this.committee = this.validators;
    this.validators = next ?? this.validators;
    this.height = height;
    this.timeMs = timeMs;
    const codes = errors.map((error) => error?.code ?? 'ok');
    return { codes, errors, events: view.takeEvents(), changes };
  }

  /** What transactions of others pay. */
  #payFees(fees: bigint): void {
    const payer = toHex(addressOf('payer'));
    if (fees > 0n) this.balances.set(payer, (this.balances.get(payer) ?? 0n) - fees);
    this.fees += fees;
  }

  /** Blocks with nothing in them. */
  async pass(blocks: number, options: BlockOptions = {}): Promise<void> {
    for (let i = 0; i < blocks; i++) await this.block(options);
  }

  /** Carries out one operation in a block of its own; the code of its error, or `ok`. */
  async do(sender: string, payload: StakePayload): Promise<string> {
    const { codes } = await this.block({ operations: [[sender, payload]] });
    return codes[0] as string;
  }

  /** What the sets are by the records: the same after a restart. */
  setsOfRecords(): { current: ValidatorSet; before: ValidatorSet | undefined } {
    const view = new StakeView(this.hot, { balanceOf: () => 0n, setBalance: () => {} }, isHot);
    return { current: setOfView(view, 'current'), before: undefined };
  }

  #apply(changes: readonly RecordChange[]): void {
    for (const { key, bytes } of changes) {
      if (bytes === undefined) this.store.delete(toHex(key));
      else this.store.set(toHex(key), { key, value: bytes });
    }
  }
}

/** Payloads by the names of validators. */
export const bond = (validator: string, amount: bigint): StakePayload => ({
  type: 'stake.bond',
  validator: addressOf(validator),
  amount,
});
export const unbond = (validator: string, amount: bigint): StakePayload => ({
  type: 'stake.unbond',
  validator: addressOf(validator),
  amount,
});
export const cancelUnbond = (validator: string, endMs: number, amount: bigint): StakePayload => ({
  type: 'stake.cancel-unbond',
  validator: addressOf(validator),
  endMs,
  amount,
});
export const redelegate = (source: string, destination: string, amount: bigint): StakePayload => ({
  type: 'stake.redelegate',
  source: addressOf(source),
  destination: addressOf(destination),
  amount,
});
export const withdraw = (validator: string): StakePayload => ({
  type: 'rewards.withdraw',
  validator: addressOf(validator),
});
export const register = (
  name: string,
  stake: bigint,
  changes: Partial<Extract<StakePayload, { type: 'validator.register' }>> = {},
): StakePayload => ({
  type: 'validator.register',
  publicKey: consensusKeyOf(name),
  proof: new Uint8Array(64),
  identity: identityOf(name),
  commission: NO_COMMISSION,
  minSelfStake: 1_000n,
  stake,
  ...changes,
});
