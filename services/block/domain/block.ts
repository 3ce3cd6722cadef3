import { ByteListType, ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { codec, listRoot } from '#kernel';
import type { Transaction } from '#services/transaction';
import {
  BLOCK_BYTES_MAX,
  BLOCK_EVIDENCE_MAX,
  BLOCK_TRANSACTIONS_MAX,
  BLOCK_TRANSACTION_BYTES_MAX,
  COMMIT_BYTES_MAX,
  EVIDENCE_BYTES_MAX,
  HEADER_BYTES_MAX,
} from '../limits.ts';
import { commitCodec } from './commit.ts';
import { blockHash, headerCodec } from './header.ts';
import type { Evidence } from './evidence/types.ts';
import type { Block, Commit, Header } from './types.ts';

/** An empty `commit` stands for none: only the first block of a chain has none. */
export const blockWire = codec(
  'block',
  new ContainerType({
    header: new ByteListType(HEADER_BYTES_MAX),
    commit: new ByteListType(COMMIT_BYTES_MAX),
    transactions: new ListCompositeType(
      new ByteListType(BLOCK_TRANSACTION_BYTES_MAX),
      BLOCK_TRANSACTIONS_MAX,
    ),
    evidence: new ListCompositeType(new ByteListType(EVIDENCE_BYTES_MAX), BLOCK_EVIDENCE_MAX),
  }),
  BLOCK_BYTES_MAX,
);

const NONE = new Uint8Array(0);

/** A block of its parts, with its hash. */
export function makeBlock(
  header: Header,
  transactions: readonly Transaction[],
  lastCommit: Commit | undefined,
  evidence: readonly Evidence[] = [],
): Block {
  return { hash: blockHash(header), header, transactions, evidence, lastCommit };
}

/** Bytes of a block: header, last commit, transactions as their senders encoded them, evidence. */
export function encodeBlock(block: Block): Uint8Array {
  return blockWire.encodeTrusted({
    header: headerCodec.encodeTrusted(block.header),
    commit: block.lastCommit === undefined ? NONE : commitCodec.encodeTrusted(block.lastCommit),
    transactions: block.transactions.map((transaction) => transaction.bytes),
    evidence: block.evidence.map((evidence) => evidence.bytes),
  });
}

/** Merkle root of the transactions' hashes, in order. */
export function transactionRoot(transactions: readonly Transaction[]): Uint8Array {
  return listRoot(transactions.map((transaction) => transaction.hash));
}
