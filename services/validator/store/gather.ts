import { addressOfKey, equalBytes, toHex } from '#kernel';
import type { StakePayload } from '#services/transaction';
import type { CountedCommit } from '../domain/begin-block.ts';
import type { BlockPlace, EconomyParameters } from '../domain/parameters.ts';
import type { Progress, SigningWindow } from '../domain/records/records.ts';
import {
  CONSENSUS_KEYS,
  DELEGATIONS,
  MATURITIES,
  NOBODY,
  PROGRESS,
  REDELEGATIONS,
  SIGNING_WINDOWS,
  UNBONDINGS,
  UNBONDING_POOLS,
  addressIn,
  maturityIn,
  type Maturity,
  type Table,
} from '../domain/records/tables.ts';
import { markMissed, missesBorne } from '../domain/signing-window.ts';
import type { ProvenOffence } from '../domain/slashing/punish.ts';
import type { AtHand } from '../domain/stake-view.ts';
import type { ValidatorSet } from '../domain/validator-set.ts';
import { MATURING_MAX } from '../limits.ts';
import { isHot, needHot, type HotRecords } from './hot-records.ts';
import { endOfPrefix, type RecordReader } from './record-reader.ts';

/** An operation that a block asks for. */
export interface AskedOperation {
  readonly sender: Uint8Array;
  readonly payload: StakePayload;
}

/** What a block may touch. */
export interface BlockToGather {
  readonly place: BlockPlace;
  /** The validators of the height before. */
  readonly committee: ValidatorSet;
  readonly commit: CountedCommit | undefined;
  readonly offences: readonly ProvenOffence[];
  readonly operations: readonly AskedOperation[];
}

/** Everything that a block's rules read besides the hot records. */
export interface Gathered {
  readonly records: readonly AtHand[];
  /** What ends by the time of the block. */
  readonly due: readonly Maturity[];
  /** Accounts whose balances the rules may move, besides the senders'. */
  readonly accounts: readonly Uint8Array[];
}

/**
 * Brings to hand what the rules may read of a block, so that they run without I/O after it. Each round reads at once
 * what the records of the round before lead to; there are four.
 */
export async function gather(
  reader: RecordReader,
  hot: HotRecords,
  parameters: EconomyParameters,
  block: BlockToGather,
): Promise<Gathered> {
  const records = new Gathering(reader);
  const progress = needHot(hot, PROGRESS);
  const due = await readDue(reader, block.place.timeMs);
  for (const operation of block.operations) wantForOperation(records, operation, progress);
  for (const maturity of due) wantForMaturity(records, maturity);
  for (const { validator } of block.offences) records.want(CONSENSUS_KEYS, validator);
  const missing = block.commit === undefined ? [] : missingIn(block.committee, block.commit.signers);
  for (const operator of missing) records.want(SIGNING_WINDOWS, operator);
  await records.read();
  const slashed = [
    ...block.offences.flatMap(({ validator }) => records.get(CONSENSUS_KEYS, validator)?.operator ?? []),
    ...missing.filter((operator) => isDown(records, parameters, operator, block.place.height - 1)),
  ];
  const accounts = new Map(due.map(({ delegator }) => [toHex(delegator), delegator]));
  for (const operator of unique(slashed)) {
    await records.readAll(UNBONDING_POOLS, UNBONDING_POOLS.prefixOf(operator));
    for (const key of await records.readAll(REDELEGATIONS, REDELEGATIONS.prefixOf(operator))) {
      const [delegator, destination] = [addressIn(key, 1), addressIn(key, 2)];
      accounts.set(toHex(delegator), delegator);
      records.want(DELEGATIONS, destination, delegator);
      records.want(UNBONDINGS, destination, delegator);
    }
  }
  await records.read();
  for (const [key, { entries }] of records.all(UNBONDINGS))
    for (const { epoch } of entries) records.want(UNBONDING_POOLS, addressIn(key, 0), epoch);
  await records.read();
  return { records: records.found(), due, accounts: [...accounts.values()] };
}

async function readDue(reader: RecordReader, timeMs: number): Promise<Maturity[]> {
  const [first, after] = [MATURITIES.prefixOf(), MATURITIES.prefixOf(timeMs + 1)];
  const entries = await reader.range(first, after, MATURING_MAX);
  return entries.map(({ key }) => maturityIn(key));
}

/** Operators of the committee who did not sign. */
function missingIn({ validators }: ValidatorSet, signers: readonly boolean[]): Uint8Array[] {
  return validators.flatMap(({ operator }, i) => (signers[i] === true ? [] : [operator]));
}

function isDown(
  records: Gathering,
  parameters: EconomyParameters,
  operator: Uint8Array,
  height: number,
): boolean {
  const window: SigningWindow | undefined = records.get(SIGNING_WINDOWS, operator);
  return markMissed(window, height, parameters.signedBlocksWindow).missed > missesBorne(parameters);
}

function wantForMaturity(records: Gathering, { operator, delegator, destination }: Maturity): void {
  if (equalBytes(destination, NOBODY)) wantStake(records, operator, delegator);
  else records.want(REDELEGATIONS, operator, delegator, destination);
}

function wantStake(records: Gathering, operator: Uint8Array, delegator: Uint8Array): void {
  records.want(DELEGATIONS, operator, delegator);
  records.want(UNBONDINGS, operator, delegator);
}

function wantForOperation(
  records: Gathering,
  { sender, payload }: AskedOperation,
  { epoch }: Progress,
): void {
  switch (payload.type) {
    case 'validator.register':
    case 'validator.rotate-key':
      if (payload.type === 'validator.register') wantStake(records, sender, sender);
      records.want(CONSENSUS_KEYS, addressOfKey('ed25519', payload.publicKey));
      break;
    case 'validator.exit':
      wantStake(records, sender, sender);
      records.want(UNBONDING_POOLS, sender, epoch);
      break;
    case 'stake.bond':
    case 'rewards.withdraw':
    case 'stake.cancel-unbond':
    case 'stake.unbond':
      wantStake(records, payload.validator, sender);
      records.want(UNBONDING_POOLS, payload.validator, epoch);
      break;
    case 'stake.redelegate':
      wantStake(records, payload.source, sender);
      wantStake(records, payload.destination, sender);
      records.want(REDELEGATIONS, payload.source, sender, payload.destination);
      break;
    case 'validator.edit':
    case 'validator.unjail':
      break;
  }
}

function unique(addresses: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(addresses.map((address) => [toHex(address), address])).values()];
}

type AnyId = readonly (Uint8Array | number)[];

/** Reads records once each. */
class Gathering {
  readonly #reader: RecordReader;
  readonly #found = new Map<string, AtHand>();
  #wanted = new Map<string, { readonly key: Uint8Array; readonly decode: (bytes: Uint8Array) => unknown }>();

  constructor(reader: RecordReader) {
    this.#reader = reader;
  }

  want<Id extends AnyId, Value>({ keyOf, decode }: Table<Id, Value>, ...id: Id): void {
    const key = keyOf(...id);
    if (!isHot(key) && !this.#found.has(toHex(key))) this.#wanted.set(toHex(key), { key, decode });
  }

  async read(): Promise<void> {
    const wanted = [...this.#wanted];
    this.#wanted = new Map();
    if (wanted.length === 0) return;
    const values = await this.#reader.getMany(wanted.map(([, { key }]) => key));
    for (const [i, [name, { key, decode }]] of wanted.entries()) {
      const bytes = values[i];
      this.#found.set(name, { key, value: bytes === undefined ? undefined : decode(bytes) });
    }
  }

  /** Brings every record under a prefix; returns their keys. */
  async readAll<Id extends AnyId, Value>(
    { decode }: Table<Id, Value>,
    prefix: Uint8Array,
  ): Promise<Uint8Array[]> {
    const entries = await this.#reader.range(prefix, endOfPrefix(prefix));
    for (const { key, value } of entries) this.#found.set(toHex(key), { key, value: decode(value) });
    return entries.map(({ key }) => key);
  }

  get<Id extends AnyId, Value>({ keyOf }: Table<Id, Value>, ...id: Id): Value | undefined {
    return this.#found.get(toHex(keyOf(...id)))?.value as Value | undefined;
  }

  /** Records of a table that were found. */
  *all<Id extends AnyId, Value>({ prefixOf }: Table<Id, Value>): Iterable<readonly [Uint8Array, Value]> {
    const start = toHex(prefixOf());
    for (const [name, { key, value }] of this.#found)
      if (value !== undefined && name.startsWith(start)) yield [key, value as Value];
  }

  found(): AtHand[] {
    return [...this.#found.values()];
  }
}
