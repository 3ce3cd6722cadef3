import { isCodedError, type CodedError, type SignatureVerifier } from '#kernel';
import { decodeTransaction, type ChainIdentity } from '#services/transaction';
import type { ValidatorSet } from '#services/validator';
import type { Final } from '../chain/face.ts';
import { blockWire } from '../domain/block.ts';
import { commitCodec } from '../domain/commit.ts';
import { decodeEvidence } from '../domain/evidence/codec.ts';
import { blockHash, headerCodec } from '../domain/header.ts';
import { verifyCommit } from '../domain/verify-commit.ts';
import { verifyContent } from '../domain/verify-header.ts';
import { blockError } from '../errors.ts';
import type { EncodedFinal } from './messages.ts';

/**
 * The block of a height out of what a peer delivered: its commit is verified before its transactions are
 * decoded, then that the header names this content. The transactions' signatures are not checked: more than
 * 2/3 of the power have done so.
 *
 * @throws a `CodedError` for which the peer is to blame
 */
export function openFinal(
  delivered: EncodedFinal,
  against: {
    height: number;
    validators: ValidatorSet;
    identity: ChainIdentity;
    verifier: Pick<SignatureVerifier, 'verify'>;
  },
): Final {
  const { height, validators, identity, verifier } = against;
  const encoded = blockWire.decode(delivered.block);
  const header = headerCodec.decode(encoded.header);
  if (header.height !== height) {
    throw blockError(
      'malformed-response',
      `block ${header.height} was delivered where ${height} was asked for`,
      {
        height,
        found: header.height,
      },
    );
  }
  const hash = blockHash(header);
  const commit = commitCodec.decode(delivered.commit);
  const { genesisHash } = identity;
  const proven = verifyCommit(commit, {
    set: validators,
    height,
    blockHash: hash,
    genesisHash,
    verifier,
  });
  if (!proven.ok) throw proven.error;
  const lastCommit = encoded.commit.length === 0 ? undefined : commitCodec.decode(encoded.commit);
  const transactions = encoded.transactions.map((bytes) => decodeTransaction(bytes, identity));
  const evidence = encoded.evidence.map(decodeEvidence);
  const block = { hash, header, transactions, evidence, lastCommit };
  const content = verifyContent(block);
  if (!content.ok) throw content.error;
  return { block, commit };
}

/** True when the error is the fault of whoever delivered the block. */
export function isFaultOfPeer(error: unknown): error is CodedError {
  return isCodedError(error) && (error.action === 'penalise' || error.action === 'reject');
}
