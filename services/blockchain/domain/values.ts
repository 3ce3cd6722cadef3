import { ByteListType, ByteVectorType, ContainerType, ListBasicType, UintBigintType } from '@chainsafe/ssz';
import { ADDRESS_BYTES, HASH_BYTES, codec, fromUtf8, uint64, utf8, type Amount } from '#kernel';
import type { ProposerRotation } from '#services/validator';
import { blockchainError } from '../errors.ts';
import { LABEL_BYTES_MAX, VALIDATORS_MAX } from '../limits.ts';
import { offenceInKey } from './state-keys.ts';
import type {
  Account,
  AttestationRecord,
  ConsensusParameters,
  LedgerParameters,
  OffenceRecord,
} from './types.ts';

const amount = new UintBigintType(16);

/** Encodings of the leaves of the state. */
export const accountCodec = codec<Account>(
  'account',
  new ContainerType({ balance: amount, nonce: uint64 }),
  24,
);

export const feePoolCodec = codec<{ readonly balance: Amount }>(
  'fee pool',
  new ContainerType({ balance: amount }),
  16,
);

export const ledgerParametersCodec = codec<LedgerParameters>(
  'ledger parameters',
  new ContainerType({
    minGasPrice: amount,
    maxBlockBytes: uint64,
    maxBlockGas: uint64,
    maxBlockTransactions: uint64,
    maxValidators: uint64,
    minSelfStake: amount,
    powerReduction: amount,
    epochBlocks: uint64,
    unbondingPeriodMs: uint64,
    evidenceMaxAgeMs: uint64,
  }),
  256,
);

export const consensusParametersCodec = codec<ConsensusParameters>(
  'consensus parameters',
  new ContainerType({
    proposeTimeoutMs: uint64,
    prevoteTimeoutMs: uint64,
    precommitTimeoutMs: uint64,
    timeoutDeltaMs: uint64,
    emptyBlockIntervalMs: uint64,
    precisionMs: uint64,
    messageDelayMs: uint64,
  }),
  128,
);

const rotationBytes = codec(
  'proposer rotation',
  new ContainerType({ priorities: new ListBasicType(new UintBigintType(8), VALIDATORS_MAX) }),
  8 * VALIDATORS_MAX + 4,
);

/** Priorities as 64-bit two's complement. */
export const rotationRecord = {
  encode: ({ priorities }: ProposerRotation): Uint8Array =>
    rotationBytes.encode({ priorities: priorities.map((priority) => BigInt.asUintN(64, BigInt(priority))) }),
  decode(bytes: Uint8Array): ProposerRotation {
    const priorities = rotationBytes.decode(bytes).priorities.map((priority) => {
      const value = Number(BigInt.asIntN(64, priority));
      if (!Number.isSafeInteger(value)) throw corrupt('a priority is beyond 2^53 - 1');
      return value;
    });
    return { priorities };
  },
};

const attestationBytes = codec(
  'attestation',
  new ContainerType({ label: new ByteListType(LABEL_BYTES_MAX), height: uint64, timeMs: uint64 }),
  128,
);

/** Digest and address of an attestation are in its key. */
export const attestationRecord = {
  encode: ({ label, height, timeMs }: Pick<AttestationRecord, 'label' | 'height' | 'timeMs'>): Uint8Array =>
    attestationBytes.encode({ label: utf8(label), height, timeMs }),
  decode(key: Uint8Array, bytes: Uint8Array): AttestationRecord {
    const { label, height, timeMs } = attestationBytes.decode(bytes);
    const digest = key.slice(1, 1 + HASH_BYTES);
    const address = key.slice(1 + HASH_BYTES, 1 + HASH_BYTES + ADDRESS_BYTES);
    return { digest, address, label: fromUtf8(label), height, timeMs };
  },
};

const offenceBytes = codec(
  'offence',
  new ContainerType({
    power: uint64,
    timeMs: uint64,
    evidenceHash: new ByteVectorType(HASH_BYTES),
    recordedHeight: uint64,
  }),
  64,
);

/** Validator, height and kind of an offence are in its key. */
export const offenceRecord = {
  encode: ({
    power,
    timeMs,
    evidenceHash,
    recordedHeight,
  }: Pick<OffenceRecord, 'power' | 'timeMs' | 'evidenceHash' | 'recordedHeight'>): Uint8Array =>
    offenceBytes.encode({ power, timeMs, evidenceHash, recordedHeight }),
  decode(key: Uint8Array, bytes: Uint8Array): OffenceRecord {
    const { kind, ...place } = offenceInKey(key);
    if (kind === undefined) throw corrupt(`there is no offence of the number ${key.at(-1)}`);
    return { ...place, kind, ...offenceBytes.decode(bytes) };
  },
};

function corrupt(why: string) {
  return blockchainError(
    'corrupt-state',
    `a leaf of the state is damaged: ${why}; restore the home from a backup or sync it anew`,
  );
}
