import { encodeMessage } from '#services/consensus';
import { networkLike, type ByzantineBehaviour } from './behaviour.ts';
import { ownMessage, repeat } from './speech.ts';

/** Says everything late, and repeats what others said before. */
export const stale: ByzantineBehaviour = {
  name: 'stale',
  network: (tools) =>
    networkLike(tools.network, {
      broadcast(channel, bytes, except) {
        if (ownMessage(tools, channel, bytes) === undefined)
          return tools.network.broadcast(channel, bytes, except);
        const delayMs = tools.random.between(50, 2_000);
        tools.scheduler.after(delayMs, () => tools.network.broadcast(channel, bytes, except));
        return tools.network.peers().length;
      },
    }),
  start(tools) {
    repeat(tools, 250, () => {
      if (tools.heard.length === 0) return;
      for (const { id } of tools.random.shuffled(tools.network.peers()).slice(0, 3)) {
        tools.network.send(id, 'consensus', encodeMessage(tools.random.pick(tools.heard)));
      }
    });
  },
};
