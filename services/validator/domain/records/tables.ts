import { ADDRESS_BYTES, bytesToUint64, concatBytes, uint64ToBytes } from '#kernel';
import {
  consensusKeyCodec,
  delegationCodec,
  performanceCodec,
  poolCodec,
  presenceCodec,
  progressCodec,
  redelegationCodec,
  reputationCodec,
  seatCodec,
  signingWindowCodec,
  slashCodec,
  stakingParametersCodec,
  totalsCodec,
  unbondingCodec,
  unbondingPoolCodec,
  validatorCodec,
  type RecordCodec,
} from './encodings.ts';

/** First byte of the keys of this context's leaves in the ledger's one tree. Append only. */
export const STAKE_TAGS = {
  validator: 1,
  delegation: 16,
  unbonding: 17,
  pool: 18,
  seat: 19,
  signingWindow: 20,
  reputation: 21,
  performance: 22,
  unbondingPool: 23,
  redelegation: 24,
  maturity: 25,
  tie: 26,
  consensusKey: 27,
  slash: 28,
  progress: 29,
  totals: 30,
  stakingParameters: 31,
} as const;

/** Addresses as their 20 bytes, numbers as 8 bytes big-endian, so that keys sort as they do. */
type IdPart = Uint8Array | number;

/** Records of one kind: how they are keyed and encoded. */
export interface Table<Id extends readonly IdPart[], Value> extends RecordCodec<Value> {
  readonly name: keyof typeof STAKE_TAGS;
  /** All keys of a table have one length: none is a prefix of another. */
  readonly keyOf: (...id: Id) => Uint8Array;
  /** The parts of the key, fewer: what the keys that begin with them share. */
  readonly prefixOf: (...id: readonly IdPart[]) => Uint8Array;
}

function table<const Id extends readonly IdPart[], Value>(
  name: keyof typeof STAKE_TAGS,
  codec: RecordCodec<Value>,
): Table<Id, Value> {
  const keyOf = (...id: readonly IdPart[]): Uint8Array =>
    concatBytes(
      Uint8Array.of(STAKE_TAGS[name]),
      ...id.map((part) => (typeof part === 'number' ? uint64ToBytes(part) : part)),
    );
  return { name, keyOf, prefixOf: keyOf, encode: codec.encode, decode: codec.decode };
}

type Address = Uint8Array;

/** By operator. */
export const VALIDATORS = table<readonly [operator: Address], ReturnType<typeof validatorCodec.decode>>(
  'validator',
  validatorCodec,
);
export const POOLS = table<readonly [operator: Address], ReturnType<typeof poolCodec.decode>>(
  'pool',
  poolCodec,
);
export const SEATS = table<readonly [operator: Address], ReturnType<typeof seatCodec.decode>>(
  'seat',
  seatCodec,
);
export const SIGNING_WINDOWS = table<
  readonly [operator: Address],
  ReturnType<typeof signingWindowCodec.decode>
>('signingWindow', signingWindowCodec);
export const REPUTATIONS = table<readonly [operator: Address], ReturnType<typeof reputationCodec.decode>>(
  'reputation',
  reputationCodec,
);
export const PERFORMANCES = table<
  readonly [operator: Address, epoch: number],
  ReturnType<typeof performanceCodec.decode>
>('performance', performanceCodec);
export const SLASHES = table<
  readonly [operator: Address, height: number, index: number],
  ReturnType<typeof slashCodec.decode>
>('slash', slashCodec);
/** By the 20-byte address of the key. */
export const CONSENSUS_KEYS = table<readonly [key: Address], ReturnType<typeof consensusKeyCodec.decode>>(
  'consensusKey',
  consensusKeyCodec,
);
export const DELEGATIONS = table<
  readonly [operator: Address, delegator: Address],
  ReturnType<typeof delegationCodec.decode>
>('delegation', delegationCodec);
export const UNBONDINGS = table<
  readonly [operator: Address, delegator: Address],
  ReturnType<typeof unbondingCodec.decode>
>('unbonding', unbondingCodec);
export const UNBONDING_POOLS = table<
  readonly [operator: Address, epoch: number],
  ReturnType<typeof unbondingPoolCodec.decode>
>('unbondingPool', unbondingPoolCodec);
export const REDELEGATIONS = table<
  readonly [source: Address, delegator: Address, destination: Address],
  ReturnType<typeof redelegationCodec.decode>
>('redelegation', redelegationCodec);
/** Which validators an account has anything at: the delegations the other way round. */
export const TIES = table<readonly [delegator: Address, operator: Address], true>('tie', presenceCodec);
/** What ends when: an unbonding when `destination` is `NOBODY`, otherwise a redelegation. */
export const MATURITIES = table<
  readonly [endMs: number, operator: Address, delegator: Address, destination: Address],
  true
>('maturity', presenceCodec);
export const PROGRESS = table<readonly [], ReturnType<typeof progressCodec.decode>>(
  'progress',
  progressCodec,
);
export const TOTALS = table<readonly [], ReturnType<typeof totalsCodec.decode>>('totals', totalsCodec);
export const STAKING_PARAMETERS = table<readonly [], ReturnType<typeof stakingParametersCodec.decode>>(
  'stakingParameters',
  stakingParametersCodec,
);

/** In the place of an address that there is none of. */
export const NOBODY: Uint8Array = new Uint8Array(ADDRESS_BYTES);

/** The `index`-th address of a key that begins with addresses. */
export function addressIn(key: Uint8Array, index: number): Uint8Array {
  const start = 1 + index * ADDRESS_BYTES;
  return key.slice(start, start + ADDRESS_BYTES);
}

/** The number that follows the first address in the key of a performance, slash or unbonding pool. */
export function numberIn(key: Uint8Array): number {
  return bytesToUint64(key, 1 + ADDRESS_BYTES);
}

/** What the key of a maturity says. */
export interface Maturity {
  readonly endMs: number;
  readonly operator: Uint8Array;
  readonly delegator: Uint8Array;
  readonly destination: Uint8Array;
}

export function maturityIn(key: Uint8Array): Maturity {
  const at = (index: number): Uint8Array =>
    key.slice(9 + index * ADDRESS_BYTES, 9 + (index + 1) * ADDRESS_BYTES);
  return { endMs: bytesToUint64(key, 1), operator: at(0), delegator: at(1), destination: at(2) };
}
