import { formatAddress, toHex, type ListProof } from '#kernel';
import type { Block, BlockSummary, Commit, Header, ItemProof } from '#services/block';
import type { Validator } from '#services/validator';
import type { BlockJson, BlockSummaryJson, CommitJson, HeaderJson } from '../schemas/blocks.ts';

/** RFC 3339 text of Unix milliseconds. */
export function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** A header without loss: its encoding, and so the block hash, can be made of it. */
export function headerToJson(header: Header): HeaderJson {
  return {
    version: header.version,
    chainId: header.chainId,
    height: header.height,
    time: timeText(header.timeMs),
    parentHash: toHex(header.parentHash),
    proposer: formatAddress(header.proposer),
    transactionRoot: toHex(header.transactionRoot),
    evidenceRoot: toHex(header.evidenceRoot),
    stateRoot: toHex(header.stateRoot),
    receiptRoot: toHex(header.receiptRoot),
    commitHash: toHex(header.commitHash),
    validatorSetHash: toHex(header.validatorSetHash),
    nextValidatorSetHash: toHex(header.nextValidatorSetHash),
  };
}

export function commitToJson(commit: Commit): CommitJson {
  return {
    height: commit.height,
    round: commit.round,
    blockHash: toHex(commit.blockHash),
    signatures: commit.signatures.map((signature) => (signature === undefined ? null : toHex(signature))),
  };
}

export function blockToJson(block: Block): BlockJson {
  return {
    height: block.header.height,
    hash: toHex(block.hash),
    header: headerToJson(block.header),
    transactions: block.transactions.map(({ id }) => id),
    evidence: block.evidence.map(({ hash }) => toHex(hash)),
    lastCommit: block.lastCommit === undefined ? null : commitToJson(block.lastCommit),
  };
}

export function summaryToJson(summary: BlockSummary): BlockSummaryJson {
  const { header } = summary;
  return {
    height: header.height,
    hash: toHex(summary.hash),
    time: timeText(header.timeMs),
    proposer: formatAddress(header.proposer),
    transactions: summary.transactionCount,
    bytes: summary.transactionBytes,
    gasUsed: summary.gasUsed,
  };
}

/** A validator of a set. */
export function validatorToJson(validator: Validator, totalPower: number) {
  return {
    address: formatAddress(validator.address),
    operator: formatAddress(validator.operator),
    name: validator.name,
    publicKey: toHex(validator.publicKey),
    power: validator.power,
    share: totalPower === 0 ? 0 : validator.power / totalPower,
  };
}

export function listProofToJson(proof: ListProof) {
  return { index: proof.index, total: proof.total, path: proof.path.map(toHex) };
}

/** Proof that an item stands in a block; `root` is the root of that name in the header. */
export function itemProofToJson(proof: ItemProof) {
  return {
    rootHeight: proof.rootHeight,
    root: toHex(proof.root),
    item: toHex(proof.item),
    ...listProofToJson(proof.proof),
  };
}
