import { equalBytes, formatAddress, isCodedError, toHex, type Amount } from '#kernel';
import {
  accountCodec,
  attestationRecord,
  receiptCodec,
  stateKey,
  type AttestationRecord,
  type Receipt,
} from '#services/blockchain/portable';
import { transactionFromJson, type Transaction } from '#services/transaction/portable';
import { lightError } from '../errors.ts';
import type { Api } from '../rest/api.ts';
import type { JsonReader } from '../rest/json-reader.ts';
import type { LightClient } from '../verification/light-client.ts';
import { checkListProof } from './list-proof.ts';
import { checkStateProof } from './state-proof.ts';

export interface VerifiedAccount {
  readonly balance: Amount;
  readonly nonce: number;
  /** False: it is proven that there is no such account. */
  readonly exists: boolean;
  /** The state is that after this height. */
  readonly height: number;
}

export interface VerifiedAttestation {
  /** Undefined: it is proven that the account did not attest the digest up to this height. */
  readonly record: AttestationRecord | undefined;
  readonly height: number;
}

export interface VerifiedTransaction {
  readonly transaction: Transaction;
  readonly height: number;
  /** Undefined while the header with its root, that of the next height, is not final. */
  readonly receipt: Receipt | undefined;
}

/** Reads of a node of which every answer is proven, or not given. */
export interface VerifiedReader {
  /** @param height state at a past height; the newest that can be proven when it is left out */
  account(address: Uint8Array, height?: number): Promise<VerifiedAccount>;
  attestation(digest: Uint8Array, address: Uint8Array, height?: number): Promise<VerifiedAttestation>;
  /** @param hash of the transaction. @throws `light.not-available` also for one that is not final */
  transaction(hash: Uint8Array): Promise<VerifiedTransaction>;
}

/**
 * Reads accounts, attestations, transactions and receipts over REST and checks each against headers that the light
 * client verifies.
 *
 * A node can still hold back the newest state: the height in an answer says how old it is.
 */
export function createVerifiedReader(api: Api, client: LightClient): VerifiedReader {
  const withProof = (path: string, height: number | undefined) =>
    api.get(`${path}?proof=true${height === undefined ? '' : `&height=${height}`}`);
  return {
    async account(address, asked) {
      const answer = await withProof(`/accounts/${formatAddress(address)}`, asked);
      const key = stateKey.account(address);
      const { value, height } = await checkStateProof(client, key, answer.member('proof'), asked);
      const account = value === undefined ? { balance: 0n, nonce: 0 } : accountCodec.decode(value);
      return { ...account, exists: value !== undefined, height };
    },
    async attestation(digest, address, asked) {
      const answer = await withProof(`/attestations/${toHex(digest)}/${formatAddress(address)}`, asked);
      const key = stateKey.attestation(digest, address);
      const { value, height } = await checkStateProof(client, key, answer.member('proof'), asked);
      return { record: value === undefined ? undefined : attestationRecord.decode(key, value), height };
    },
    async transaction(hash) {
      const answer = await withProof(`/transactions/${toHex(hash)}`, undefined);
      const proof = answer.member('proof');
      if (proof.isNull) throw lightError('not-available', `the transaction ${toHex(hash)} is not final`);
      const transaction = readTransaction(answer.member('transaction'), client);
      const height = proof.member('transaction').member('rootHeight').count();
      const { header } = await client.verifiedAt(height);
      const item = checkListProof(header.transactionRoot, proof.member('transaction'), 'the transaction');
      requireSame(item, hash, 'the proven transaction is another');
      requireSame(transaction.hash, hash, 'the shown transaction is another');
      return { transaction, height, receipt: await receiptOf(client, proof.member('receipt'), hash, height) };
    },
  };
}

async function receiptOf(client: LightClient, proof: JsonReader, hash: Uint8Array, height: number) {
  if (proof.isNull) return undefined;
  const { header } = await client.verifiedAt(height + 1);
  const receipt = receiptCodec.decode(checkListProof(header.receiptRoot, proof, 'the receipt'));
  requireSame(receipt.transactionHash, hash, 'the proven receipt is of another transaction');
  return receipt;
}

function readTransaction(json: JsonReader, client: LightClient): Transaction {
  try {
    return transactionFromJson(json.raw(), client.identity);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    throw lightError('malformed-answer', `the transaction cannot be read: ${error.message}`);
  }
}

function requireSame(found: Uint8Array, asked: Uint8Array, what: string): void {
  if (equalBytes(found, asked)) return;
  throw lightError('wrong-proof', `${what}: ${toHex(found)} where ${toHex(asked)} was asked for`);
}
