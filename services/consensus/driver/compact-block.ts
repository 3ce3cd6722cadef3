import { equalBytes, err, isCodedError, listRoot, ok, SIGNATURE_BYTES, toHex, type Result } from '#kernel';
import {
  blockHash,
  commitCodec,
  commitHash,
  decodeEvidence,
  evidenceRoot,
  headerCodec,
  makeBlock,
  NO_COMMIT_HASH,
  type Block,
  type Commit,
  type Header,
  type ProposalBody,
} from '#services/block';
import type { Transaction } from '#services/transaction';
import { consensusError } from '../errors.ts';
import type { SignedProposal } from '../wire/messages.ts';

/** A proposal of the block, with transactions by hash. */
export function compactProposal(
  block: Block,
  body: ProposalBody,
  proposerIndex: number,
  signature: Uint8Array,
): SignedProposal {
  return {
    body,
    proposerIndex,
    signature,
    header: headerCodec.encodeTrusted(block.header),
    lastCommit:
      block.lastCommit === undefined ? new Uint8Array(0) : commitCodec.encodeTrusted(block.lastCommit),
    transactionIds: block.transactions.map((transaction) => transaction.hash),
    evidence: block.evidence.map(({ bytes }) => bytes),
  };
}

/**
 * The header of a proposal, once every part of the proposal is shown to belong to the block hash that its
 * proposer signed: what does not fit was altered on the way, by the peer that sent it.
 *
 * @returns `consensus.mismatched-block`, or the decoding error
 */
export function headerOf(proposal: SignedProposal): Result<Header> {
  const { body, lastCommit, transactionIds, evidence } = proposal;
  try {
    const header = headerCodec.decode(proposal.header);
    if (header.height !== body.height) return mismatch('header is of another height', body);
    if (!equalBytes(blockHash(header), body.blockHash)) return mismatch('header has another hash', body);
    if (!equalBytes(listRoot(transactionIds), header.transactionRoot)) {
      return mismatch('transactions are not those of its header', body);
    }
    if (!equalBytes(evidenceRoot(evidence.map(decodeEvidence)), header.evidenceRoot)) {
      return mismatch('evidence is not that of its header', body);
    }
    const commit = lastCommit.length === 0 ? undefined : commitCodec.decode(lastCommit);
    const hash = commit === undefined ? NO_COMMIT_HASH : commitHash(commit);
    if (!equalBytes(hash, header.commitHash)) return mismatch('last commit is not that of its header', body);
    return ok(header);
  } catch (error) {
    if (isCodedError(error)) return err(error);
    throw error;
  }
}

/** The block of a checked proposal and all of its transactions, in order. */
export function rebuildBlock(
  proposal: SignedProposal,
  header: Header,
  transactions: readonly Transaction[],
): Block {
  const commit: Commit | undefined =
    proposal.lastCommit.length === 0 ? undefined : commitCodec.decode(proposal.lastCommit);
  return makeBlock(header, transactions, commit, proposal.evidence.map(decodeEvidence));
}

/** A proposal that is not signed yet, for the log. */
export const NO_SIGNATURE: Uint8Array = new Uint8Array(SIGNATURE_BYTES);

function mismatch(what: string, body: ProposalBody) {
  return err(
    consensusError('mismatched-block', `the proposal for ${toHex(body.blockHash)} is altered: its ${what}`, {
      height: body.height,
      round: body.round,
    }),
  );
}
