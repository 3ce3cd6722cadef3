import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  OptionalType,
  UintBigintType,
  UintNumberType,
} from '@chainsafe/ssz';
import { ADDRESS_BYTES, SIGNATURE_BYTES, codec, fromUtf8, uint64, unreachable, utf8 } from '#kernel';
import { transactionError } from '../errors.ts';
import { IDENTITY_TEXT_BYTES_MAX, NAME_BYTES_MAX, PAYLOAD_BYTES_MAX } from '../limits.ts';
import type { StakePayload, ValidatorIdentity } from './stake-payloads.ts';

const address = new ByteVectorType(ADDRESS_BYTES);
const amount = new UintBigintType(16);
const publicKey = new ByteVectorType(32);
const proof = new ByteVectorType(SIGNATURE_BYTES);
const basisPoints = new UintNumberType(2);
const text = new ByteListType(IDENTITY_TEXT_BYTES_MAX);
const identityType = new ContainerType({
  name: new ByteListType(NAME_BYTES_MAX),
  website: text,
  contact: text,
  description: text,
  location: text,
});

const registerCodec = codec(
  'register payload',
  new ContainerType({
    publicKey,
    proof,
    commission: new ContainerType({ rate: basisPoints, maxRate: basisPoints, maxDailyChange: basisPoints }),
    minSelfStake: amount,
    stake: amount,
    identity: identityType,
  }),
  PAYLOAD_BYTES_MAX,
);
const editCodec = codec(
  'edit payload',
  new ContainerType({
    identity: new OptionalType(identityType),
    commissionRate: new OptionalType(basisPoints),
    minSelfStake: new OptionalType(amount),
  }),
  PAYLOAD_BYTES_MAX,
);
const rotateKeyCodec = codec(
  'rotate-key payload',
  new ContainerType({ publicKey, proof }),
  PAYLOAD_BYTES_MAX,
);
const stakeCodec = codec(
  'stake payload',
  new ContainerType({ validator: address, amount }),
  PAYLOAD_BYTES_MAX,
);
const redelegateCodec = codec(
  'redelegate payload',
  new ContainerType({ source: address, destination: address, amount }),
  PAYLOAD_BYTES_MAX,
);
const cancelUnbondCodec = codec(
  'cancel-unbond payload',
  new ContainerType({ validator: address, endMs: uint64, amount }),
  PAYLOAD_BYTES_MAX,
);
const withdrawCodec = codec('withdraw payload', new ContainerType({ validator: address }), PAYLOAD_BYTES_MAX);

/** @throws `kernel.unencodable-value`, `transaction.malformed-identity` */
export function encodeStakePayload(payload: StakePayload): Uint8Array {
  switch (payload.type) {
    case 'validator.register': {
      const { publicKey: key, proof: shown, commission, minSelfStake, stake } = payload;
      const identity = identityToBytes(payload.identity);
      return registerCodec.encode({
        publicKey: key,
        proof: shown,
        commission,
        minSelfStake,
        stake,
        identity,
      });
    }
    case 'validator.edit': {
      const { identity, commissionRate = null, minSelfStake = null } = payload;
      const changed = identity === undefined ? null : identityToBytes(identity);
      return editCodec.encode({ identity: changed, commissionRate, minSelfStake });
    }
    case 'validator.unjail':
    case 'validator.exit':
      return new Uint8Array(0);
    case 'validator.rotate-key':
      return rotateKeyCodec.encode({ publicKey: payload.publicKey, proof: payload.proof });
    case 'stake.bond':
    case 'stake.unbond':
      return stakeCodec.encode({ validator: payload.validator, amount: payload.amount });
    case 'stake.redelegate': {
      const { source, destination } = payload;
      return redelegateCodec.encode({ source, destination, amount: payload.amount });
    }
    case 'stake.cancel-unbond': {
      const { validator, endMs } = payload;
      return cancelUnbondCodec.encode({ validator, endMs, amount: payload.amount });
    }
    case 'rewards.withdraw':
      return withdrawCodec.encode({ validator: payload.validator });
    default:
      return unreachable(payload);
  }
}

/** @throws `kernel.too-large`, `kernel.malformed-encoding`, `kernel.malformed-text` */
export function decodeStakePayload(type: StakePayload['type'], bytes: Uint8Array): StakePayload {
  switch (type) {
    case 'validator.register': {
      const { identity, ...rest } = registerCodec.decode(bytes);
      return { type, ...rest, identity: identityFromBytes(identity) };
    }
    case 'validator.edit': {
      const { identity, commissionRate, minSelfStake } = editCodec.decode(bytes);
      return {
        type,
        ...(identity === null ? {} : { identity: identityFromBytes(identity) }),
        ...(commissionRate === null ? {} : { commissionRate }),
        ...(minSelfStake === null ? {} : { minSelfStake }),
      };
    }
    case 'validator.unjail':
    case 'validator.exit':
      if (bytes.length > 0)
        throw transactionError('malformed-payload', `a payload of ${type} is empty`, { bytes: bytes.length });
      return { type };
    case 'validator.rotate-key':
      return { type, ...rotateKeyCodec.decode(bytes) };
    case 'stake.bond':
    case 'stake.unbond':
      return { type, ...stakeCodec.decode(bytes) };
    case 'stake.redelegate':
      return { type, ...redelegateCodec.decode(bytes) };
    case 'stake.cancel-unbond':
      return { type, ...cancelUnbondCodec.decode(bytes) };
    case 'rewards.withdraw':
      return { type, ...withdrawCodec.decode(bytes) };
    default:
      return unreachable(type);
  }
}

type IdentityBytes = Record<keyof ValidatorIdentity, Uint8Array>;

function identityToBytes({
  name,
  website,
  contact,
  description,
  location,
}: ValidatorIdentity): IdentityBytes {
  const bytesOf = (value: string): Uint8Array => {
    // UTF-8 would hold a replacement character instead: another name under the same signature.
    if (value.isWellFormed()) return utf8(value);
    throw transactionError('malformed-identity', 'a text of the identity is not well-formed Unicode');
  };
  return {
    name: bytesOf(name),
    website: bytesOf(website),
    contact: bytesOf(contact),
    description: bytesOf(description),
    location: bytesOf(location),
  };
}

function identityFromBytes({
  name,
  website,
  contact,
  description,
  location,
}: IdentityBytes): ValidatorIdentity {
  return {
    name: fromUtf8(name),
    website: fromUtf8(website),
    contact: fromUtf8(contact),
    description: fromUtf8(description),
    location: fromUtf8(location),
  };
}
