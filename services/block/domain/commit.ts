import {
  BitArray,
  BitListType,
  ByteVectorType,
  ContainerType,
  ListCompositeType,
  UintNumberType,
} from '@chainsafe/ssz';
import { codec, hash, SIGNATURE_BYTES, uint64, type Codec } from '#kernel';
import { blockError } from '../errors.ts';
import { COMMIT_BYTES_MAX, COMMIT_VALIDATORS_MAX } from '../limits.ts';
import type { Commit } from './types.ts';

const wire = codec(
  'commit',
  new ContainerType({
    height: uint64,
    round: new UintNumberType(4),
    blockHash: new ByteVectorType(32),
    signers: new BitListType(COMMIT_VALIDATORS_MAX),
    signatures: new ListCompositeType(new ByteVectorType(SIGNATURE_BYTES), COMMIT_VALIDATORS_MAX),
  }),
  COMMIT_BYTES_MAX,
);
type CommitWire = ReturnType<typeof wire.decode>;

/**
 * The one encoding of a commit: one bit a validator of the height's set, then the signatures of the set bits
 * in order.
 *
 * `decode` throws `block.malformed-commit` when bits and signatures disagree in number.
 */
export const commitCodec: Codec<Commit> = {
  name: wire.name,
  maxBytes: wire.maxBytes,
  encode: (commit) => wire.encode(toWire(commit)),
  encodeTrusted: (commit) => wire.encodeTrusted(toWire(commit)),
  decode: (bytes) => fromWire(wire.decode(bytes)),
};

/** 32-byte hash by which the next header names a commit. */
export function commitHash(commit: Commit): Uint8Array {
  return hash('commit', commitCodec.encode(commit));
}

/** What the first header holds in place of a commit's hash. */
export const NO_COMMIT_HASH: Uint8Array = new Uint8Array(32);

function toWire(commit: Commit): CommitWire {
  const signatures: Uint8Array[] = [];
  const present: boolean[] = [];
  for (const signature of commit.signatures) {
    present.push(signature !== undefined);
    if (signature !== undefined) signatures.push(signature);
  }
  const { height, round, blockHash } = commit;
  return { height, round, blockHash, signers: BitArray.fromBoolArray(present), signatures };
}

function fromWire(encoded: CommitWire): Commit {
  const { height, round, blockHash } = encoded;
  const present = encoded.signers.toBoolArray();
  const count = present.filter(Boolean).length;
  if (count !== encoded.signatures.length) {
    throw blockError(
      'malformed-commit',
      `the commit of height ${height} marks ${count} signers and holds ${encoded.signatures.length} signatures`,
      { height, signers: count, signatures: encoded.signatures.length },
    );
  }
  let next = 0;
  const signatures = present.map((signed) => (signed ? encoded.signatures[next++] : undefined));
  return { height, round, blockHash, signatures };
}
