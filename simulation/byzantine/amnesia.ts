import { encodeMessage } from '#services/consensus';
import { networkLike, type ByzantineBehaviour, type ByzantineTools } from './behaviour.ts';
import { heardProposal, ownMessage, signedProposal, voteBytes } from './speech.ts';

/** Forgets its lock: votes for whatever is proposed, in both steps, and proposes fresh blocks only. */
export const amnesia: ByzantineBehaviour = {
  name: 'amnesia',
  network: (tools) =>
    networkLike(tools.network, {
      broadcast(channel, bytes, except) {
        const own = ownMessage(tools, channel, bytes);
        if (own?.kind === 'vote') {
          const { body } = own.vote;
          const proposed = heardProposal(tools, body.height, body.round)?.body.blockHash;
          const vote = voteBytes(tools, { ...body, blockHash: proposed ?? body.blockHash });
          return tools.network.broadcast(channel, vote, except);
        }
        if (own?.kind === 'proposal' && own.proposal.body.polRound >= 0) {
          void proposeFresh(tools, own.proposal.body.round).catch(() => undefined);
          return tools.network.peers().length;
        }
        return tools.network.broadcast(channel, bytes, except);
      },
    }),
};

async function proposeFresh(tools: ByzantineTools, round: number): Promise<void> {
  const { validators, blockTimeMs, commit, height } = tools.chain.tip();
  const proposer = validators.validators[tools.index()]?.address;
  if (proposer === undefined) return;
  const timeMs = Math.max(tools.clock.now(), blockTimeMs + 1);
  const transactions = tools.mempool.select({ maxBytes: 50_000, maxGas: 500_000, maxCount: 50 });
  const block = await tools.chain.assemble({ round, timeMs, proposer, lastCommit: commit, transactions });
  const body = { height: height + 1, round, polRound: -1, blockHash: block.hash };
  const proposal = signedProposal(tools, block, body);
  tools.network.broadcast('consensus', encodeMessage({ kind: 'proposal', proposal }));
}
