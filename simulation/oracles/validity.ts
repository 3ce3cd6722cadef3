import { toHex } from '#kernel';
import { voteDigest, type Block, type Commit } from '#services/block';
import { sharedVerifier } from '../node/verifier.ts';
import { SIMULATION_CONSENSUS } from '../run/genesis.ts';
import type { MakeOracle, OracleContext } from './oracle.ts';

/**
 * Every final block follows from the one before, has a time that fits the clocks, a commit of more than two
 * thirds of the power with true signatures, and transactions that their senders signed.
 */
export const validity: MakeOracle = (context) => {
  const blocks = new Map<number, { hash: string; timeMs: number }>();
  /** By block hash: when it was first proposed, and in which round. */
  const proposed = new Map<string, { atMs: number; round: number }>();
  return {
    id: 'validity',
    observe(event) {
      if (event.kind === 'said' && event.message.kind === 'proposal') {
        const { round, blockHash } = event.message.proposal.body;
        const hash = toHex(blockHash);
        const known = proposed.get(hash);
        proposed.set(hash, {
          atMs: known?.atMs ?? context.nowMs(),
          round: Math.max(round, known?.round ?? 0),
        });
      }
      if (event.kind !== 'final' || !context.isCorrect(event.node)) return undefined;
      const { block, commit } = event;
      const { height, timeMs } = block.header;
      const hash = toHex(block.hash);
      if (blocks.get(height)?.hash === hash) return commitFault(height, hash, commit, context);
      const before = blocks.get(height - 1);
      blocks.set(height, { hash, timeMs });
      if (before !== undefined && toHex(block.header.parentHash) !== before.hash) {
        return `block ${height} has the parent ${toHex(block.header.parentHash)}, not ${before.hash}`;
      }
      if (before !== undefined && timeMs <= before.timeMs) {
        return `block ${height} is of time ${timeMs}, the one before of ${before.timeMs}`;
      }
      const known = proposed.get(hash);
      return (
        (known === undefined ? undefined : timeFault(height, timeMs, known, context)) ??
        transactionFault(block) ??
        lastCommitFault(block, before?.hash, context) ??
        commitFault(height, hash, commit, context)
      );
    },
  };
};

/** Proposer-based timestamps, by their definition: within precision before, delay and precision after. */
function timeFault(
  height: number,
  timeMs: number,
  proposed: { atMs: number; round: number },
  context: OracleContext,
): string | undefined {
  const { precisionMs, messageDelayMs } = SIMULATION_CONSENSUS;
  const slackMs = precisionMs + context.skewMs() + 1;
  const delayMs = Math.min(60_000, messageDelayMs * 1.1 ** proposed.round);
  const aheadMs = timeMs - context.nowMs();
  if (aheadMs > slackMs) return `block ${height} is ${aheadMs} ms ahead of the clocks`;
  // Who holds a quorum alone asks nobody: after a crash it proposes the block that it was about to propose.
  const set = context.setAt(height);
  const total = set.reduce((sum, { power }) => sum + power, 0);
  if (set.some(({ power }) => 3 * power > 2 * total)) return undefined;
  const behindMs = proposed.atMs - timeMs;
  if (behindMs > delayMs + slackMs)
    return `block ${height} was ${behindMs} ms old when it was first proposed`;
  return undefined;
}

function transactionFault(block: Block): string | undefined {
  for (const { senderKey, digest, signature, id } of block.transactions) {
    if (!sharedVerifier.verify({ publicKey: senderKey, digest, signature })) {
      return `block ${block.header.height} holds transaction ${id}, which its sender did not sign`;
    }
  }
  return undefined;
}

/** The commit that a block carries proves the block before it. */
function lastCommitFault(
  { header, lastCommit }: Block,
  before: string | undefined,
  context: OracleContext,
): string | undefined {
  if (before === undefined) return undefined;
  if (lastCommit === undefined) return `block ${header.height} carries no commit`;
  return commitFault(header.height - 1, before, lastCommit, context);
}

function commitFault(
  height: number,
  hash: string,
  commit: Commit,
  context: OracleContext,
): string | undefined {
  if (toHex(commit.blockHash) !== hash) return `a commit of height ${height} is of another block`;
  const size = context.setAt(height).length;
  if (commit.signatures.length !== size)
    return `a commit of height ${height} has ${commit.signatures.length} places, its set ${size}`;
  const digest = voteDigest(
    { kind: 'precommit', height, round: commit.round, blockHash: commit.blockHash },
    context.genesisHash,
  );
  let [signed, total] = [0n, 0n];
  for (const [index, { power, publicKey }] of context.setAt(height).entries()) {
    total += BigInt(power);
    const signature = commit.signatures[index];
    if (signature === undefined) continue;
    if (!sharedVerifier.verify({ publicKey, digest, signature })) {
      return `a commit of height ${height} holds a signature that validator ${index} did not make`;
    }
    signed += BigInt(power);
  }
  if (signed * 3n > total * 2n) return undefined;
  return `a commit of height ${height} holds ${signed} of ${total} power`;
}
