import { listRoot } from '#kernel';
import { makeBlock } from '#services/block';
import { networkLike, type ByzantineBehaviour } from './behaviour.ts';
import { ownMessage, ownTransaction, tamperedChain } from './speech.ts';

/** Proposes blocks of transactions that it gives to nobody, and shows its votes to a few. */
export const withholding: ByzantineBehaviour = {
  name: 'withholding',
  chain: (tools) =>
    tamperedChain(tools.chain, async (block) => {
      if (tools.random.chance(0.3)) return block;
      const hidden = await ownTransaction(tools, { gasPrice: 100n });
      const transactions = [hidden, ...block.transactions];
      const header = { ...block.header, transactionRoot: listRoot(transactions.map(({ hash }) => hash)) };
      return makeBlock(header, transactions, block.lastCommit);
    }),
  network: (tools) =>
    networkLike(tools.network, {
      broadcast(channel, bytes, except) {
        const own = ownMessage(tools, channel, bytes);
        if (own?.kind !== 'vote') return tools.network.broadcast(channel, bytes, except);
        const few = tools.random.shuffled(tools.network.peers()).slice(0, 2);
        return few.filter(({ id }) => tools.network.send(id, channel, bytes)).length;
      },
      onRequest(protocol, options, handler) {
        tools.network.onRequest(protocol, options, async (peer, body) => {
          if (tools.random.chance(0.8)) throw new Error('withheld');
          return handler(peer, body);
        });
      },
    }),
};
