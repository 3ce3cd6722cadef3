import { encodeMessage, type SignedProposal } from '#services/consensus';
import { networkLike, type ByzantineBehaviour, type ByzantineTools } from './behaviour.ts';
import { halves, ownMessage, signedProposal, voteBytes } from './speech.ts';

/** Shows one block to some and another to the rest, and votes for each where it is known. */
export const equivocatingProposer: ByzantineBehaviour = {
  name: 'equivocating-proposer',
  network: (tools) =>
    networkLike(tools.network, {
      broadcast(channel, bytes, except) {
        const own = ownMessage(tools, channel, bytes);
        if (own?.kind !== 'proposal') return tools.network.broadcast(channel, bytes, except);
        void propose(tools, own.proposal).catch(() => undefined);
        return tools.network.peers().length;
      },
    }),
};

async function propose(tools: ByzantineTools, proposal: SignedProposal): Promise<void> {
  const { chain, network, random } = tools;
  const { height, round, blockHash } = proposal.body;
  const { validators, blockTimeMs, commit } = chain.tip();
  const proposer = validators.validators[tools.index()]?.address;
  if (proposer === undefined) return;
  const transactions = tools.mempool.select({
    maxBytes: 50_000,
    maxGas: 500_000,
    maxCount: random.integer(4),
  });
  const timeMs = Math.max(tools.clock.now() - random.between(1, 20), blockTimeMs + 1);
  const other = await chain.assemble({ round, timeMs, proposer, lastCommit: commit, transactions });
  const [first, second] = halves(tools);
  const body = { height, round, polRound: -1, blockHash: other.hash };
  const shown = [
    { peers: first, proposal, hash: blockHash },
    { peers: second, proposal: signedProposal(tools, other, body), hash: other.hash },
  ];
  for (const { peers, proposal: message, hash } of shown) {
    const pieces = [encodeMessage({ kind: 'proposal', proposal: message })];
    for (const kind of ['prevote', 'precommit'] as const) {
      pieces.push(voteBytes(tools, { kind, height, round, blockHash: hash }));
    }
    for (const peer of peers) for (const piece of pieces) network.send(peer, 'consensus', piece);
  }
}
