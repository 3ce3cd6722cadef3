import { concatBytes } from '#kernel';
import type { ByzantineBehaviour, ByzantineTools } from './behaviour.ts';
import { ownTransaction, repeat, voteBytes } from './speech.ts';

/** Messages of the next height sent at once: more than are kept of one peer, and of all. */
const EARLY_BURST = 5_000;
const IDS_PER_FRAME = 1_000;

/** Sends what others might keep: votes of far rounds and of the next height, ids of nothing, nonces with gaps. */
export const memoryExhausting: ByzantineBehaviour = {
  name: 'memory-exhausting',
  start(tools) {
    repeat(tools, 300, () => sendVotes(tools));
    repeat(tools, 1_000, () => announce(tools));
    repeat(tools, 1_000, () => void sendTransaction(tools).catch(() => undefined));
    tools.scheduler.after(tools.random.between(2_000, 9_000), () => burst(tools));
  },
};

function sendVotes(tools: ByzantineTools): void {
  const { random, network, chain } = tools;
  const [peer] = random.shuffled(network.peers());
  if (peer === undefined) return;
  const height = chain.tip().height + random.between(1, 3);
  for (let count = 0; count < 8; count++) {
    const kind = random.pick(['prevote', 'precommit'] as const);
    const round = random.chance(0.5) ? random.integer(6) : random.integer(1_000_000);
    const vote = voteBytes(tools, { kind, height, round, blockHash: random.bytes(32) });
    network.send(peer.id, 'consensus', vote);
  }
}

function burst(tools: ByzantineTools): void {
  const { network, chain, random } = tools;
  const [peer] = random.shuffled(network.peers());
  if (peer === undefined) return;
  const height = chain.tip().height + 2;
  const vote = voteBytes(tools, { kind: 'prevote', height, round: 0, blockHash: undefined });
  for (let count = 0; count < EARLY_BURST; count++) network.send(peer.id, 'consensus', vote);
}

function announce({ random, network }: ByzantineTools): void {
  const [peer] = random.shuffled(network.peers());
  if (peer !== undefined) {
    network.send(peer.id, 'transactions', concatBytes(Uint8Array.of(1), random.bytes(32 * IDS_PER_FRAME)));
  }
}

async function sendTransaction(tools: ByzantineTools): Promise<void> {
  const { bytes } = await ownTransaction(tools, { nonceAhead: tools.random.between(2, 1_000) });
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  tools.network.broadcast('transactions', concatBytes(Uint8Array.of(0), length, bytes));
}
