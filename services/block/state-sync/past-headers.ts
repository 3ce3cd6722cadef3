import { equalBytes, isCodedError, toHex, type CodedError } from '#kernel';
import { commitCodec, commitHash } from '../domain/commit.ts';
import { blockHash, headerCodec } from '../domain/header.ts';
import type { Commit, Header } from '../domain/types.ts';
import { blockError } from '../errors.ts';
import type { EncodedSignedHeader } from './messages.ts';

/** A header that a later one proves, with the commit that the next one names. */
export interface PastHeader {
  readonly hash: Uint8Array;
  readonly header: Header;
  readonly commit: Commit;
}

/**
 * SYNC-10: the headers of an answer that lead down from a verified one: each has the hash that the one after names as
 * its parent, and its commit the hash that the one after names as its last commit. So no signature is looked at.
 *
 * @returns those before the first that does not, and what is wrong with that
 */
export function headersBelow(
  verified: Header,
  answer: readonly EncodedSignedHeader[],
): { readonly headers: PastHeader[]; readonly fault: CodedError | undefined } {
  const headers: PastHeader[] = [];
  let after = verified;
  for (const encoded of answer) {
    try {
      const past = headerBelow(after, encoded);
      headers.push(past);
      after = past.header;
    } catch (error) {
      if (!isCodedError(error)) throw error;
      return { headers, fault: error };
    }
  }
  return { headers, fault: undefined };
}

function headerBelow(after: Header, encoded: EncodedSignedHeader): PastHeader {
  const header = headerCodec.decode(encoded.header);
  const hash = blockHash(header);
  const height = after.height - 1;
  if (!equalBytes(hash, after.parentHash)) {
    throw blockError('wrong-hash', `the header ${toHex(hash)} is not that of block ${height}`, { height });
  }
  const commit = commitCodec.decode(encoded.commit);
  if (!equalBytes(commitHash(commit), after.commitHash)) {
    throw blockError(
      'wrong-commit-hash',
      `the commit of height ${height} is not the one that the next block names`,
      {
        height,
      },
    );
  }
  return { hash, header, commit };
}
