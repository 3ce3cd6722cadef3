import type { Network } from '#services/network';
import { networkLike, type ByzantineBehaviour } from './behaviour.ts';
import { repeat } from './speech.ts';

/** Says nothing in consensus for seconds at a time, to all or to some, and follows all the while. */
export const silent: ByzantineBehaviour = {
  name: 'silent',
  network(tools) {
    let deaf = new Set<string>();
    const choose = (): void => {
      const peers = tools.network.peers().map(({ id }) => id);
      const share = tools.random.pick([0, 0.5, 1, 1]);
      deaf = new Set(peers.filter(() => tools.random.chance(share)));
    };
    repeat(tools, 1_500, choose);
    const send = (peer: string, channel: Parameters<Network['send']>[1], bytes: Uint8Array): boolean =>
      channel === 'consensus' && deaf.has(peer) ? true : tools.network.send(peer, channel, bytes);
    return networkLike(tools.network, {
      send,
      broadcast: (channel, bytes, except) =>
        tools.network.peers().filter(({ id }) => id !== except && send(id, channel, bytes)).length,
    });
  },
};
