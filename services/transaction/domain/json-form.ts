import {
  HASH_BYTES,
  SIGNATURE_BYTES,
  formatAddress,
  fromHex,
  parseAddress,
  parseAmount,
  toHex,
  KEY_TYPE_TAGS,
  type KeyType,
} from '#kernel';
import { assembleTransaction, type ChainIdentity } from './codec.ts';
import { integer, malformed, object, text } from './json-members.ts';
import { stakePayloadFromJson, stakePayloadToJson } from './stake-json.ts';
import {
  TRANSACTION_TYPES,
  type Transaction,
  type TransactionBody,
  type TransactionPayload,
  type TransactionType,
} from './transaction.ts';

/** JSON form of a payload: amounts as decimal text, addresses as bech32m, hashes as hex. */
export function payloadToJson(payload: TransactionPayload): object {
  switch (payload.type) {
    case 'transfer': {
      const outputs = payload.outputs.map(({ to, amount }) => ({
        to: formatAddress(to),
        amount: amount.toString(),
      }));
      return { type: 'transfer', outputs };
    }
    case 'attest':
      return { type: 'attest', digest: toHex(payload.digest), label: payload.label };
    default:
      return stakePayloadToJson(payload);
  }
}

/** JSON form of a signed transaction: 64-bit and larger integers as decimal text. */
export function transactionToJson(transaction: Transaction) {
  return {
    chainId: transaction.chainId,
    senderKeyType: transaction.senderKeyType,
    senderKey: toHex(transaction.senderKey),
    nonce: transaction.nonce.toString(),
    gasLimit: transaction.gasLimit.toString(),
    gasPrice: transaction.gasPrice.toString(),
    validUntil: transaction.validUntil.toString(),
    payload: payloadToJson(transaction.payload),
    signature: toHex(transaction.signature),
  };
}

/**
 * The transaction of its JSON form. Strict: unknown or missing members are refused by name.
 *
 * @throws `transaction.malformed-json`, and what the members' own forms throw
 */
export function transactionFromJson(value: unknown, identity: ChainIdentity): Transaction {
  const members = object(value, 'the transaction', [
    'chainId',
    'senderKeyType',
    'senderKey',
    'nonce',
    'gasLimit',
    'gasPrice',
    'validUntil',
    'payload',
    'signature',
  ]);
  const body: TransactionBody = {
    chainId: text(members, 'chainId'),
    senderKeyType: keyType(text(members, 'senderKeyType')),
    senderKey: fromHex(text(members, 'senderKey')),
    nonce: integer(members, 'nonce'),
    gasLimit: integer(members, 'gasLimit'),
    gasPrice: parseAmount(text(members, 'gasPrice')),
    validUntil: integer(members, 'validUntil'),
    payload: payloadFromJson(members['payload']),
  };
  return assembleTransaction(body, fromHex(text(members, 'signature'), SIGNATURE_BYTES), identity);
}

/** @throws `transaction.malformed-json`, and what the members' own forms throw */
export function payloadFromJson(value: unknown): TransactionPayload {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string' || !isTransactionType(type)) {
    throw malformed(`payload.type must be one of ${Object.keys(TRANSACTION_TYPES).join(', ')}`);
  }
  switch (type) {
    case 'transfer': {
      const { outputs } = object(value, 'the payload', ['type', 'outputs']);
      if (!Array.isArray(outputs)) throw malformed('payload.outputs is not a list');
      return {
        type,
        outputs: outputs.map((output: unknown, index) => {
          const members = object(output, `output ${index}`, ['to', 'amount']);
          return { to: parseAddress(text(members, 'to')), amount: parseAmount(text(members, 'amount')) };
        }),
      };
    }
    case 'attest': {
      const members = object(value, 'the payload', ['type', 'digest', 'label']);
      return { type, digest: fromHex(text(members, 'digest'), HASH_BYTES), label: text(members, 'label') };
    }
    default:
      return stakePayloadFromJson(type, value);
  }
}

function isTransactionType(name: string): name is TransactionType {
  return Object.hasOwn(TRANSACTION_TYPES, name);
}

function keyType(name: string): KeyType {
  if (Object.hasOwn(KEY_TYPE_TAGS, name)) return name as KeyType;
  throw malformed(`senderKeyType must be one of ${Object.keys(KEY_TYPE_TAGS).join(', ')}`);
}
