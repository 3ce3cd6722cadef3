import { decodeTransaction, type ChainIdentity } from '#services/transaction';
import { blockWire, makeBlock } from './block.ts';
import { commitCodec } from './commit.ts';
import { decodeEvidence } from './evidence/codec.ts';
import { headerCodec } from './header.ts';
import type { Block } from './types.ts';

/**
 * The block of its bytes. Form only: nothing is verified, signatures least of all.
 *
 * @throws `kernel.too-large`, `kernel.malformed-encoding`, `block.malformed-commit`, `block.malformed-evidence`, `transaction.*`
 */
export function decodeBlock(bytes: Uint8Array, identity: ChainIdentity): Block {
  const { header, commit, transactions, evidence } = blockWire.decode(bytes);
  return makeBlock(
    headerCodec.decode(header),
    transactions.map((encoded) => decodeTransaction(encoded, identity)),
    commit.length === 0 ? undefined : commitCodec.decode(commit),
    evidence.map(decodeEvidence),
  );
}
