import { invariant, toHex, type Clock, type Scheduler } from '#kernel';
import type { Block, Commit } from '#services/block';
import type { Value } from '../domain/types.ts';
import type { ConsensusChain, ConsensusComponents, ProposalSource } from '../face.ts';
import type { HeightContext } from './height-context.ts';
import type { Pace } from './pace.ts';

export interface ProposerComponents {
  readonly chain: ConsensusChain;
  readonly mempool: ProposalSource;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly pace: Pace;
  /** CONS-18: the fullest commit of the tip that is here, when there is more of it than the chain's own. */
  readonly lastCommit: () => Commit | undefined;
  readonly evidence?: ConsensusComponents['evidence'];
}

/** What to propose: a fresh block, or one that was valid in an earlier round. */
export interface ProposalPlan {
  readonly round: number;
  readonly polRound: number;
  readonly block: Block;
}

/**
 * Finds the block that this node proposes in a round: the value that the core holds valid, the one that it was
 * about to propose before it was stopped, or a fresh one.
 *
 * @returns undefined when it was no longer wanted
 */
export async function planProposal(
  components: ProposerComponents,
  context: HeightContext,
  wanted: { round: number; value: Value | undefined; polRound: number },
  isWanted: () => boolean,
): Promise<ProposalPlan | undefined> {
  const { round, value, polRound } = wanted;
  const { book } = context;
  if (value !== undefined) {
    const block = book.block(value);
    invariant(block !== undefined, 'a block that prevotes made valid is known');
    return { round, polRound, block };
  }
  const intent = book.intent(round);
  const intended = intent === undefined ? undefined : book.block(toHex(intent.body.blockHash));
  if (intended !== undefined) return { round, polRound, block: intended };
  const block = await freshBlock(components, context, round, isWanted);
  return block === undefined ? undefined : { round, polRound, block };
}

/** Proposer-based timestamps: a proposer waits until its clock is past the time of the block before. */
async function freshBlock(
  { chain, mempool, clock, scheduler, pace, lastCommit, evidence }: ProposerComponents,
  { tip, set, setting }: HeightContext,
  round: number,
  isWanted: () => boolean,
): Promise<Block | undefined> {
  const proposer = set.validators[setting.proposerOf(round)];
  invariant(proposer !== undefined, 'the proposer is in the set');
  const waitMs = tip.blockTimeMs + 1 - clock.now();
  if (waitMs > 0) {
    await new Promise<void>((resolve) => {
      scheduler.after(waitMs, resolve);
    });
  }
  if (!isWanted()) return undefined;
  const { maxBlockBytes, maxBlockGas, maxBlockTransactions } = tip.parameters;
  const transactions = mempool.select({
    maxBytes: maxBlockBytes,
    maxGas: maxBlockGas,
    maxCount: pace.transactions(maxBlockTransactions),
  });
  const timeMs = Math.max(clock.now(), tip.blockTimeMs + 1);
  const block = await chain.assemble({
    round,
    timeMs,
    proposer: proposer.address,
    lastCommit: lastCommit() ?? tip.commit,
    transactions,
    evidence: evidence?.pending() ?? [],
  });
  // Block sync may have moved the tip meanwhile: then the block is of another height.
  return block.header.height === setting.height ? block : undefined;
}
