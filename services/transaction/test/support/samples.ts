import { addressOfKey, secp256k1Key, type SignatureVerifier, type SigningKey } from '#kernel';
import { nativeEd25519Key, verifySignature } from '#runtime';
import { signTransaction, type Transaction, type TransactionBody, type TransferOutput } from '../../index.ts';

export function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

export const IDENTITY = { chainId: 'test-chain-1', genesisHash: filled(32, 0x9e) };

/** The real signature rule, on this thread. */
export const VERIFIER: SignatureVerifier = {
  verify: verifySignature,
  verifyBatch: async (checks) => checks.map(verifySignature),
};

const keys = new Map<number, SigningKey>();

export function keyOf(index: number): SigningKey {
  const known = keys.get(index);
  if (known !== undefined) return known;
  const seed = filled(32, 7);
  new DataView(seed.buffer).setUint32(0, index + 1);
  const key = nativeEd25519Key(seed);
  keys.set(index, key);
  return key;
}

const accountKeys = new Map<number, SigningKey>();

/** A key as the holders of imported accounts have. */
export function accountKeyOf(index: number): SigningKey {
  const key = accountKeys.get(index) ?? secp256k1Key(filled(32, index + 1));
  accountKeys.set(index, key);
  return key;
}

export function addressOf(index: number): Uint8Array {
  return addressOfKey('ed25519', keyOf(index).publicKey);
}

/** A transaction signed by `keyOf(from)`; a transfer of 5 to somebody unless the changes say otherwise. */
export function signed(from = 0, changes: Partial<TransactionBody> = {}): Transaction {
  return signedBy(keyOf(from), changes);
}

/** The same, signed by `accountKeyOf(from)`. */
export function signedByAccount(from = 0, changes: Partial<TransactionBody> = {}): Transaction {
  return signedBy(accountKeyOf(from), { gasLimit: 3_000, ...changes });
}

function signedBy(key: SigningKey, changes: Partial<TransactionBody>): Transaction {
  const body: TransactionBody = {
    chainId: IDENTITY.chainId,
    senderKeyType: key.type,
    senderKey: key.publicKey,
    nonce: 0,
    gasLimit: 2_000,
    gasPrice: 10n,
    validUntil: 1_000,
    payload: { type: 'transfer', outputs: outputs(1) },
    ...changes,
  };
  return signTransaction(body, key, IDENTITY);
}

/** Outputs of 5 base units to as many accounts. */
export function outputs(count: number): TransferOutput[] {
  return Array.from({ length: count }, (_, index) => ({ to: filled(20, index % 256), amount: 5n }));
}

/** A transfer with `extra` more outputs than one, to vary its size. */
export function bigger(from: number, extra: number, changes: Partial<TransactionBody> = {}): Transaction {
  const payload = { type: 'transfer', outputs: outputs(1 + extra) } as const;
  return signed(from, { gasLimit: 2_000 + 500 * extra, payload, ...changes });
}

/** The same transaction under a signature that is not its sender's. */
export function forged(transaction: Transaction): Uint8Array {
  const bytes = transaction.bytes.slice();
  // Inside the signature, which follows the 4-byte offset of the body.
  bytes[40] = (bytes[40] as number) ^ 1;
  return bytes;
}

/** Code of an error result, `ok` otherwise. */
export function codeOf(
  result: { readonly ok: boolean; readonly error?: { readonly code: string } } | undefined,
) {
  return result?.ok === true ? 'ok' : (result?.error?.code ?? 'no result');
}
