/** The part of the context's face that also runs in a browser: headers, commits and their rules, no store. */
export { commitCodec } from './domain/commit.ts';
export { blockHash, headerCodec } from './domain/header.ts';
export { voteDigest } from './domain/signed-bodies.ts';
export type { Commit, Header } from './domain/types.ts';
export { isQuorum } from './domain/verify-commit.ts';
export { BLOCK_VERSION, COMMIT_VALIDATORS_MAX, ROUND_MAX } from './limits.ts';
