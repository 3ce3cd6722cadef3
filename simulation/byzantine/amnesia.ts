import { networkLike, type ByzantineBehaviour } from './behaviour.ts';
import { heardProposal, ownMessage, proposeFresh, voteBytes } from './speech.ts';

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
          void proposeFresh(tools, own.proposal.body.round, -1).catch(() => undefined);
          return tools.network.peers().length;
        }
        return tools.network.broadcast(channel, bytes, except);
      },
    }),
};
