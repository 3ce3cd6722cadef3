import { networkLike, type ByzantineBehaviour } from './behaviour.ts';
import { heardHashes, ownMessage, voteBytes } from './speech.ts';

/** Tells each peer another vote: for nil, or for any block that it heard of. */
export const equivocatingVoter: ByzantineBehaviour = {
  name: 'equivocating-voter',
  network: (tools) =>
    networkLike(tools.network, {
      broadcast(channel, bytes, except) {
        const own = ownMessage(tools, channel, bytes);
        if (own?.kind !== 'vote') return tools.network.broadcast(channel, bytes, except);
        const { body } = own.vote;
        const choices = [undefined, ...heardHashes(tools, body.height)];
        for (const { id } of tools.network.peers()) {
          const blockHash = tools.random.pick(choices);
          tools.network.send(id, 'consensus', voteBytes(tools, { ...body, blockHash }));
          if (tools.random.chance(0.7)) continue;
          const second = tools.random.pick(choices);
          tools.network.send(id, 'consensus', voteBytes(tools, { ...body, blockHash: second }));
        }
        return tools.network.peers().length;
      },
    }),
};
