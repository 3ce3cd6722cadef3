import {
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintBigintType,
  UintNumberType,
} from '@chainsafe/ssz';
import {
  ADDRESS_BYTES,
  HASH_BYTES,
  KEY_TYPE_TAGS,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  addressOfKey,
  codec,
  fromUtf8,
  hash,
  signingDigest,
  toHex,
  uint64,
  utf8,
  type KeyType,
  type SigningKey,
} from '#kernel';
import { transactionError } from '../errors.ts';
import {
  CHAIN_ID_BYTES_MAX,
  LABEL_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  TRANSACTION_BYTES_MAX,
  TRANSFER_OUTPUTS_MAX,
} from '../limits.ts';
import { keyPossessionDigest } from './possession.ts';
import { decodeStakePayload, encodeStakePayload } from './stake-codec.ts';
import {
  TRANSACTION_TYPES,
  type Transaction,
  type TransactionBody,
  type TransactionPayload,
  type TransactionType,
} from './transaction.ts';

/** The chain that signed messages are for. */
export interface ChainIdentity {
  readonly chainId: string;
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
}

const SENDER_KEY_BYTES_MAX = Math.max(...Object.values(PUBLIC_KEY_BYTES));

const bodyType = new ContainerType({
  chainId: new ByteListType(CHAIN_ID_BYTES_MAX),
  type: new UintNumberType(1),
  senderKeyType: new UintNumberType(1),
  senderKey: new ByteListType(SENDER_KEY_BYTES_MAX),
  nonce: uint64,
  gasLimit: uint64,
  gasPrice: new UintBigintType(16),
  validUntil: uint64,
  payload: new ByteListType(PAYLOAD_BYTES_MAX),
});
const bodyCodec = codec('transaction body', bodyType, TRANSACTION_BYTES_MAX);
const signedCodec = codec(
  'transaction',
  new ContainerType({ body: bodyType, signature: new ByteVectorType(SIGNATURE_BYTES) }),
  TRANSACTION_BYTES_MAX,
);
/** The body follows its offset and the signature. */
const BODY_OFFSET = 4 + SIGNATURE_BYTES;

const transferCodec = codec(
  'transfer payload',
  new ContainerType({
    outputs: new ListCompositeType(
      new ContainerType({ to: new ByteVectorType(ADDRESS_BYTES), amount: new UintBigintType(16) }),
      TRANSFER_OUTPUTS_MAX,
    ),
  }),
  PAYLOAD_BYTES_MAX,
);
const attestCodec = codec(
  'attest payload',
  new ContainerType({ digest: new ByteVectorType(HASH_BYTES), label: new ByteListType(LABEL_BYTES_MAX) }),
  PAYLOAD_BYTES_MAX,
);

/** Hash that identifies a signed transaction: of its one encoding. */
export function hashTransaction(bytes: Uint8Array): Uint8Array {
  return hash('transaction', bytes);
}

/**
 * The transaction of its encoding, with everything that derives from the bytes. Does not check the signature,
 * nor anything that `checkTransaction` checks.
 *
 * @throws `kernel.too-large`, `kernel.malformed-encoding`, `kernel.malformed-text`,
 *   `transaction.unknown-type`, `transaction.unsupported-key-type`, `transaction.malformed-key`
 */
export function decodeTransaction(encoded: Uint8Array, identity: ChainIdentity): Transaction {
  // The bytes given may be a Buffer, whose `slice` copies nothing, over memory that is used again.
  const bytes = new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const { body, signature } = signedCodec.decode(bytes);
  return finish(
    {
      chainId: fromUtf8(body.chainId),
      senderKeyType: keyTypeOf(body.senderKeyType),
      senderKey: body.senderKey,
      nonce: body.nonce,
      gasLimit: body.gasLimit,
      gasPrice: body.gasPrice,
      validUntil: body.validUntil,
      payload: decodePayload(body.type, body.payload),
    },
    signature,
    bytes.slice(),
    identity,
  );
}

/**
 * Encodes and signs a transaction.
 *
 * @throws `kernel.unencodable-value` when a member is outside its type, `transaction.malformed-label`,
 *   `transaction.malformed-key`
 */
export function signTransaction(
  body: TransactionBody,
  key: SigningKey,
  identity: ChainIdentity,
): Transaction {
  const encodedBody = encodableBody(body);
  const digest = signingDigest('transaction', identity.genesisHash, bodyCodec.encode(encodedBody));
  return assembleTransaction(body, key.sign(digest), identity);
}

/** A transaction of a body and a signature made elsewhere. */
export function assembleTransaction(
  body: TransactionBody,
  signature: Uint8Array,
  identity: ChainIdentity,
): Transaction {
  return finish(body, signature, signedCodec.encode({ body: encodableBody(body), signature }), identity);
}

function finish(
  body: TransactionBody,
  signature: Uint8Array,
  bytes: Uint8Array,
  identity: ChainIdentity,
): Transaction {
  checkKeyForm(body.senderKeyType, body.senderKey);
  const transactionHash = hashTransaction(bytes);
  const sender = addressOfKey(body.senderKeyType, body.senderKey);
  const { payload } = body;
  return {
    ...body,
    ...('proof' in payload && {
      possessionDigest: keyPossessionDigest(identity.genesisHash, sender, payload.publicKey),
    }),
    signature,
    bytes,
    hash: transactionHash,
    id: toHex(transactionHash),
    sender,
    senderId: toHex(sender),
    digest: signingDigest('transaction', identity.genesisHash, bytes.subarray(BODY_OFFSET)),
  };
}

/** A key has one form: a sender would otherwise have several addresses. */
function checkKeyForm(type: KeyType, key: Uint8Array): void {
  const expected = PUBLIC_KEY_BYTES[type];
  if (key.length !== expected) {
    throw transactionError(
      'malformed-key',
      `a sender key of type ${type} has ${expected} bytes, got ${key.length}`,
      { keyType: type, expected, found: key.length },
    );
  }
  if (type === 'secp256k1' && key[0] !== 2 && key[0] !== 3) {
    throw transactionError(
      'malformed-key',
      'a sender key of type secp256k1 is a compressed point: its first byte is 02 or 03',
      { keyType: type },
    );
  }
}

function encodableBody(body: TransactionBody) {
  return {
    chainId: utf8(body.chainId),
    type: TRANSACTION_TYPES[body.payload.type],
    senderKeyType: KEY_TYPE_TAGS[body.senderKeyType],
    senderKey: body.senderKey,
    nonce: body.nonce,
    gasLimit: body.gasLimit,
    gasPrice: body.gasPrice,
    validUntil: body.validUntil,
    payload: encodePayload(body.payload),
  };
}

function encodePayload(payload: TransactionPayload): Uint8Array {
  switch (payload.type) {
    case 'transfer':
      return transferCodec.encode({ outputs: payload.outputs.map(({ to, amount }) => ({ to, amount })) });
    case 'attest':
      // UTF-8 would hold a replacement character instead: another label under the same signature.
      if (!payload.label.isWellFormed())
        throw transactionError('malformed-label', 'the label is not well-formed Unicode text');
      return attestCodec.encode({ digest: payload.digest, label: utf8(payload.label) });
    default:
      return encodeStakePayload(payload);
  }
}

const TYPE_NAMES = new Map<number, TransactionType>(
  (Object.entries(TRANSACTION_TYPES) as [TransactionType, number][]).map(([name, type]) => [type, name]),
);

function decodePayload(number: number, bytes: Uint8Array): TransactionPayload {
  const type = TYPE_NAMES.get(number);
  switch (type) {
    case undefined:
      throw transactionError('unknown-type', `there is no transaction type ${number}`, { type: number });
    case 'transfer':
      return { type, outputs: transferCodec.decode(bytes).outputs };
    case 'attest': {
      const { digest, label } = attestCodec.decode(bytes);
      return { type, digest, label: fromUtf8(label) };
    }
    default:
      return decodeStakePayload(type, bytes);
  }
}

function keyTypeOf(tag: number): KeyType {
  for (const [type, known] of Object.entries(KEY_TYPE_TAGS)) if (known === tag) return type as KeyType;
  throw transactionError('unsupported-key-type', `there is no key type ${tag}`, { keyType: tag });
}
