import { fromHex, parseAmount, type SigningKey } from '#kernel';
import {
  payloadToJson,
  signTransaction,
  type ChainIdentity,
  type Transaction,
  type TransactionPayload,
} from '#services/transaction';
import type { ApiClient } from '../api-client.ts';
import { cliError } from '../errors.ts';
import { openKey, readKeyFile } from '../key-access.ts';
import type { Output } from '../output.ts';
import type { SenderOptions } from './sender-options.ts';

/** Heights for which a transaction stays valid unless told otherwise. */
const VALID_HEIGHTS = 200;
const WAIT_MS_MAX = 10_000;

interface NodeStatus {
  readonly chainId: string;
  readonly genesisHash: string;
  readonly height: number;
}

/** Everything of a transaction but its signature. */
export interface UnsignedTransaction {
  /** Address of the sender. */
  readonly sender: string;
  readonly identity: ChainIdentity;
  /** Height of the node when it was asked. */
  readonly height: number;
  readonly nonce: number;
  readonly gasLimit: number;
  readonly gasPrice: bigint;
  /** Base units. */
  readonly fee: bigint;
  readonly payload: TransactionPayload;
}

/** The outcome of a transaction as a node answers it. */
export interface TransactionState {
  readonly status: 'pending' | 'finalized' | 'failed';
  readonly height?: number;
  readonly code?: string;
}

/**
 * Asks the node for what a transaction needs. Opens no key and signs nothing.
 *
 * @throws `cli.key-not-found`, `cli.node-unreachable`, `cli.node-refused`
 */
export async function prepareTransaction(
  api: ApiClient,
  payload: TransactionPayload,
  options: SenderOptions,
): Promise<UnsignedTransaction> {
  const { file } = await readKeyFile(options.from, options.home);
  const status = await api.get<NodeStatus>('/status');
  const estimate = await api.post<{ gasLimit: number; gasPrice: string; nonce: number }>(
    '/transactions/estimate',
    'application/json',
    JSON.stringify({ sender: file.address, senderKeyType: file.type, payload: payloadToJson(payload) }),
  );
  const { gasLimit } = estimate;
  const gasPrice = parseAmount(options.gasPrice ?? estimate.gasPrice);
  return {
    sender: file.address,
    identity: { chainId: status.chainId, genesisHash: fromHex(status.genesisHash, 32) },
    height: status.height,
    nonce: options.nonce ?? estimate.nonce,
    gasLimit,
    gasPrice,
    fee: BigInt(gasLimit) * gasPrice,
    payload,
  };
}

/** The sender's key, once its password is known. */
export function openSender(options: SenderOptions): Promise<SigningKey> {
  return openKey(options.from, options);
}

/** Signs what was prepared. */
export function signPrepared(unsigned: UnsignedTransaction, key: SigningKey): Transaction {
  const { identity, height, nonce, gasLimit, gasPrice, payload } = unsigned;
  return signTransaction(
    {
      chainId: identity.chainId,
      senderKeyType: key.type,
      senderKey: key.publicKey,
      nonce,
      gasLimit,
      gasPrice,
      validUntil: height + VALID_HEIGHTS,
      payload,
    },
    key,
    identity,
  );
}

export async function submitSigned(api: ApiClient, transaction: Transaction): Promise<void> {
  await api.post('/transactions', 'application/octet-stream', lengthPrefixed(transaction.bytes));
}

/** @throws `cli.not-final` after so many seconds */
export async function waitUntilFinal(
  api: ApiClient,
  id: string,
  seconds: number,
  output: Output,
): Promise<TransactionState> {
  const { systemClock } = await import('#runtime');
  const deadlineMs = systemClock.monotonic() + seconds * 1000;
  output.status('waiting for finality');
  try {
    for (;;) {
      const leftMs = Math.floor(deadlineMs - systemClock.monotonic());
      if (leftMs <= 0) {
        throw cliError(
          'not-final',
          `${id} was not final after ${seconds} s; it may still become so: node0 query tx ${id}`,
        );
      }
      // The node answers as soon as the transaction is final, or when the wait is over.
      const state = await api.get<TransactionState>(
        `/transactions/${id}?wait=${Math.min(leftMs, WAIT_MS_MAX)}`,
      );
      if (state.status !== 'pending') return state;
    }
  } finally {
    output.endStatus();
  }
}

/** The outcome in words. */
export function describeOutcome({ status, height, code }: TransactionState): string {
  return status === 'finalized' ? `final at height ${height}` : `failed at height ${height}: ${code}`;
}

/** One transaction in the framing of `application/octet-stream`: a 32-bit big-endian length, then the bytes. */
function lengthPrefixed(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(4 + bytes.length);
  new DataView(framed.buffer).setUint32(0, bytes.length);
  framed.set(bytes, 4);
  return framed;
}
