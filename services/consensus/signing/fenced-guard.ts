import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintNumberType,
} from '@chainsafe/ssz';
import type { CoordinationEngine, Lease } from '#engines/coordination';
import { codec, isCodedError, SIGNATURE_BYTES, toHex, uint64 } from '#kernel';
import { consensusError } from '../errors.ts';
import { SAID_VOTES_MAX } from '../limits.ts';
import {
  isRepeat,
  SIGN_STEPS,
  type SignDigest,
  type SignRequest,
  type SignStep,
} from '../store/last-sign-guard.ts';
import { leavesLock, lockAfter, type BlockSignRequest, type KeyLock } from './lock-rule.ts';

/** The record of the last signature of a key that several machines may use. */
export interface FencedGuard {
  /**
   * The signature, recorded under the lease before it is returned. The request of the last signature gives it again.
   *
   * @throws `consensus.sign-regression`, `consensus.sign-conflict`, `consensus.sign-locked`, `consensus.sign-fenced`,
   *   `consensus.sign-record-corrupt`, and what the engine throws: then nothing was signed for anybody
   */
  sign(request: BlockSignRequest, lease: Lease, sign: SignDigest): Promise<Uint8Array>;
  /** CONS-16: what the key said in a place of the height in progress, whoever asked for it. */
  said(place: Pick<SignRequest, 'height' | 'round' | 'step'>): Promise<SaidVote | undefined>;
}

/** A vote that was signed. */
export interface SaidVote {
  readonly round: number;
  readonly step: SignStep;
  /** Undefined for nil. */
  readonly blockHash: Uint8Array | undefined;
  readonly signature: Uint8Array;
}

interface FencedRecord extends BlockSignRequest {
  readonly signature: Uint8Array;
  readonly lock: KeyLock | undefined;
  /** Votes of the height, the oldest first. */
  readonly said: readonly SaidVote[];
}

const saidWire = new ContainerType({
  round: uint64,
  step: new UintNumberType(1),
  /** Empty for nil. */
  blockHash: new ByteListType(32),
  signature: new ByteVectorType(SIGNATURE_BYTES),
});
const recordCodec = codec(
  'record of the last signature',
  new ContainerType({
    height: uint64,
    round: uint64,
    step: new UintNumberType(1),
    digest: new ByteVectorType(32),
    signature: new ByteVectorType(SIGNATURE_BYTES),
    /** 0 and an empty hash where there is no lock. */
    lockToken: uint64,
    lockHash: new ByteListType(32),
    said: new ListCompositeType(saidWire, SAID_VOTES_MAX),
  }),
  4_096,
);

/** Name of the lease of a key. */
export function leaseNameOf(publicKey: Uint8Array): string {
  return `consensus-key/${toHex(publicKey)}`;
}

/**
 * CONS-12: keeps the record in the coordination engine. The write is fenced with the token of the lease and with the
 * revision that was read, so of two machines that hold the key one signs: the other's write fails, whatever it
 * believes of its lease, and its signature does not leave.
 *
 * @param publicKey of the consensus key, 32 bytes
 */
export function createFencedGuard(engine: CoordinationEngine, publicKey: Uint8Array): FencedGuard {
  const recordKey = `last-sign/${toHex(publicKey)}`;
  return {
    async sign(request, lease, sign) {
      const found = await engine.get(recordKey);
      const last = found === undefined ? undefined : decodeRecord(found.value);
      if (last !== undefined && isRepeat(request, last)) return last.signature;
      if (leavesLock(request, last, lease.token)) throw locked(request);
      const signature = await sign(request.digest);
      const lock = lockAfter(request, last, lease.token);
      const record = { ...request, signature, lock, said: saidAfter(request, signature, last) };
      try {
        await engine.put(recordKey, encodeRecord(record), { lease, revision: found?.revision ?? 0 });
      } catch (cause) {
        if (isFence(cause)) throw fenced(lease, cause);
        throw cause;
      }
      return signature;
    },
    async said({ height, round, step }) {
      const found = await engine.get(recordKey);
      const last = found === undefined ? undefined : decodeRecord(found.value);
      if (last?.height !== height) return undefined;
      return last.said.find((vote) => vote.round === round && vote.step === step);
    },
  };
}

/** The votes of the height with the new one: proposals are no votes. */
function saidAfter(
  { height, round, step, blockHash }: BlockSignRequest,
  signature: Uint8Array,
  last: Omit<FencedRecord, 'blockHash'> | undefined,
): readonly SaidVote[] {
  const before = last?.height === height ? last.said : [];
  if (step === 'proposal') return before;
  return [...before, { round, step, blockHash, signature }].slice(-SAID_VOTES_MAX);
}

export function fenced(lease: Lease, cause?: unknown) {
  return consensusError(
    'sign-fenced',
    `nothing is signed under the token ${lease.token}: the lease of the key is over or in other hands; acquire it again`,
    { token: lease.token },
    { cause },
  );
}

function isFence(error: unknown): boolean {
  return (
    isCodedError(error, 'engine.coordination.lease-lost') ||
    isCodedError(error, 'engine.coordination.revision-conflict')
  );
}

function locked({ height, round }: BlockSignRequest) {
  return consensusError(
    'sign-locked',
    `refused to prevote another block in height ${height} round ${round} than the key precommitted under another lease; ` +
      'the next height is free',
    { height, round },
  );
}

function encodeRecord({ height, round, step, digest, signature, lock, said }: FencedRecord): Uint8Array {
  return recordCodec.encode({
    height,
    round,
    step: SIGN_STEPS[step],
    digest,
    signature,
    lockToken: lock?.token ?? 0,
    lockHash: lock?.blockHash ?? new Uint8Array(0),
    said: said.map((vote) => ({
      round: vote.round,
      step: SIGN_STEPS[vote.step],
      blockHash: vote.blockHash ?? new Uint8Array(0),
      signature: vote.signature,
    })),
  });
}

function decodeRecord(bytes: Uint8Array): Omit<FencedRecord, 'blockHash'> {
  try {
    const { step, lockToken, lockHash, said, ...rest } = recordCodec.decode(bytes);
    return {
      ...rest,
      step: stepOf(step),
      lock: lockToken === 0 ? undefined : { token: lockToken, blockHash: lockHash },
      said: said.map(({ round, step: number, blockHash, signature }) => ({
        round,
        step: stepOf(number),
        blockHash: blockHash.length === 0 ? undefined : blockHash,
        signature,
      })),
    };
  } catch (cause) {
    throw consensusError(
      'sign-record-corrupt',
      'the record of the last signature in the coordination engine cannot be read: what the key signed last is unknown. ' +
        'Stop the signer, and let it sign again only after the others have finalised a later height',
      {},
      { cause },
    );
  }
}

function stepOf(number: number): SignStep {
  const step = (Object.keys(SIGN_STEPS) as SignStep[]).find((name) => SIGN_STEPS[name] === number);
  if (step === undefined) throw new RangeError(`there is no step ${number}`);
  return step;
}
