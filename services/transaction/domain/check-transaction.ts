import {
  AMOUNT_MAX,
  err,
  isStrongEd25519Key,
  ok,
  utf8,
  type Amount,
  type CodedError,
  type Result,
} from '#kernel';
import { transactionError } from '../errors.ts';
import { LABEL_BYTES_MAX, VALID_HEIGHTS_MAX } from '../limits.ts';
import type { ChainIdentity } from './codec.ts';
import { gasOf } from './gas.ts';
import type { StakePayload } from './stake-payloads.ts';
import type { Transaction, TransactionPayload } from './transaction.ts';

/** What the stateless rules depend on. */
export interface TransactionRules {
  readonly identity: ChainIdentity;
  readonly parameters: { readonly minGasPrice: Amount; readonly maxBlockGas: number };
  /** Height of the block that may hold the transaction. */
  readonly height: number;
}

/** Everything that can be said of a transaction without the state, but for its signature. */
export function checkTransaction(transaction: Transaction, rules: TransactionRules): Result<void> {
  const error =
    checkSender(transaction) ??
    checkChain(transaction, rules) ??
    checkPayload(transaction.payload) ??
    checkGas(transaction, rules);
  return error === undefined ? ok(undefined) : err(error);
}

function checkSender({ senderKeyType, senderKey, senderId }: Transaction): CodedError | undefined {
  // Every point of secp256k1 is of large order; whether the key is one is seen when the signature is checked.
  if (senderKeyType === 'secp256k1') return undefined;
  if (!isStrongKey(senderKey, senderId)) {
    return transactionError(
      'weak-key',
      'the sender key is not an Ed25519 key of large order: anybody could sign for it',
    );
  }
  return undefined;
}

function checkChain({ chainId, validUntil }: Transaction, { identity, height }: TransactionRules) {
  if (chainId !== identity.chainId) {
    return transactionError(
      'wrong-chain',
      `the transaction is for ${chainId}, this chain is ${identity.chainId}`,
      {
        given: chainId,
        expected: identity.chainId,
      },
    );
  }
  if (validUntil < height) {
    return transactionError(
      'expired',
      `the transaction was valid until height ${validUntil}; the next is ${height}`,
      {
        validUntil,
        height,
      },
    );
  }
  if (validUntil > height + VALID_HEIGHTS_MAX) {
    const latest = height + VALID_HEIGHTS_MAX;
    return transactionError(
      'valid-until-too-far',
      `validUntil ${validUntil} is too far ahead; at most ${latest} now`,
      {
        validUntil,
        latest,
      },
    );
  }
  return undefined;
}

function checkPayload(payload: TransactionPayload): CodedError | undefined {
  if (payload.type === 'attest') {
    const bytes = utf8(payload.label).length;
    if (bytes >= 1 && bytes <= LABEL_BYTES_MAX) return undefined;
    return transactionError(
      'malformed-label',
      `the label takes ${bytes} bytes; 1 to ${LABEL_BYTES_MAX} are accepted`,
    );
  }
  if (payload.type !== 'transfer') return checkStakePayload(payload);
  if (payload.outputs.length === 0)
    return transactionError('no-outputs', 'a transfer needs at least one output');
  let sum = 0n;
  for (const [index, { amount }] of payload.outputs.entries()) {
    if (amount === 0n)
      return transactionError('zero-amount', `output ${index} moves nothing`, { output: index });
    sum += amount;
  }
  if (sum <= AMOUNT_MAX) return undefined;
  return transactionError('amount-overflow', 'the outputs together exceed 2^128 - 1 base units');
}

/** What the operation is worth is said where it is carried out; nothing to move is never right. */
function checkStakePayload(payload: StakePayload): CodedError | undefined {
  const amount = 'amount' in payload ? payload.amount : undefined;
  if (amount !== 0n) return undefined;
  return transactionError('zero-amount', `${payload.type} of nothing: give an amount`);
}

function checkGas(transaction: Transaction, { parameters }: TransactionRules): CodedError | undefined {
  const { gasLimit, gasPrice, payload, senderKeyType } = transaction;
  const gas = gasOf(payload, senderKeyType);
  if (gasLimit < gas) {
    return transactionError(
      'gas-limit-too-low',
      `the gas limit is ${gasLimit}; the transaction uses ${gas}`,
      {
        gasLimit,
        gas,
      },
    );
  }
  if (gasLimit > parameters.maxBlockGas) {
    return transactionError(
      'gas-limit-too-high',
      `the gas limit is ${gasLimit}; a block has ${parameters.maxBlockGas}`,
      {
        gasLimit,
        maxBlockGas: parameters.maxBlockGas,
      },
    );
  }
  if (gasPrice < parameters.minGasPrice) {
    const least = parameters.minGasPrice.toString();
    return transactionError(
      'gas-price-too-low',
      `the gas price is ${gasPrice}; the smallest accepted is ${least}`,
      {
        gasPrice: gasPrice.toString(),
        minGasPrice: least,
      },
    );
  }
  return undefined;
}

/** Keys seen to be strong lately: the check decodes a curve point, some 100 µs, and senders come again. */
const strongKeys = new Set<string>();
const STRONG_KEYS_MAX = 50_000;

/** @param name one string object a transaction: looking it up again hashes nothing */
function isStrongKey(key: Uint8Array, name: string): boolean {
  if (strongKeys.has(name)) return true;
  if (!isStrongEd25519Key(key)) return false;
  if (strongKeys.size >= STRONG_KEYS_MAX) strongKeys.clear();
  strongKeys.add(name);
  return true;
}
