import {
  bytesToUint64,
  concatBytes,
  toHex,
  uint64ToBytes,
  utf8,
  fromUtf8,
  equalBytes,
  HASH_BYTES,
} from '#kernel';
import type { ChainIdentity } from '#services/transaction';
import { blockchainError } from '../errors.ts';

/** Keys in the family `meta`. */
export const META = {
  identity: utf8('ledger/identity'),
  tip: utf8('ledger/tip'),
  pruned: utf8('ledger/pruned'),
  /** Root of the tree after a height. */
  root: (height: number): Uint8Array => concatBytes(utf8('ledger/root/'), uint64ToBytes(height)),
} as const;

export function encodeIdentity({ chainId, genesisHash }: ChainIdentity): Uint8Array {
  return concatBytes(genesisHash, utf8(chainId));
}

/** @throws `blockchain.other-chain` naming both chains */
export function checkIdentity(stored: Uint8Array, expected: ChainIdentity): void {
  if (equalBytes(stored, encodeIdentity(expected))) return;
  const [hash, chain] = [toHex(stored.subarray(0, HASH_BYTES)), fromUtf8(stored.subarray(HASH_BYTES))];
  throw blockchainError(
    'other-chain',
    `the data are of ${chain} with the genesis ${hash}, not of ${expected.chainId} with the genesis ${toHex(expected.genesisHash)}; use another home`,
    { stored: hash, expected: toHex(expected.genesisHash) },
  );
}

/** The tip: height and receipt root. */
export function encodeTip(height: number, receiptRoot: Uint8Array): Uint8Array {
  return concatBytes(uint64ToBytes(height), receiptRoot);
}

export function decodeTip(bytes: Uint8Array): { height: number; receiptRoot: Uint8Array } {
  return { height: bytesToUint64(bytes), receiptRoot: bytes.slice(8) };
}
