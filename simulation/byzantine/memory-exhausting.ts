import { concatBytes } from '#kernel';
import { encodeMessage, type SignedProposal } from '#services/consensus';
import type { ByzantineBehaviour, ByzantineTools } from './behaviour.ts';
import { ownTransaction, repeat, voteBytes } from './speech.ts';

/** Messages of the next height sent at once: more than are kept of one peer, and of all. */
const EARLY_BURST = 5_000;
const IDS_PER_FRAME = 1_000;
/** Proposals of the next height, and their transactions: together more than is kept of all, a part at a time through the queue. */
const LARGE_PROPOSALS = 24;
const LARGE_PROPOSALS_AT_ONCE = 6;
const LARGE_PROPOSAL_IDS = 60_000;
const PAUSE_MS = 20;

/** Sends what others might keep: votes of far rounds, votes and large proposals of the next height, ids of nothing, nonces with gaps. */
export const memoryExhausting: ByzantineBehaviour = {
  name: 'memory-exhausting',
  start(tools) {
    repeat(tools, 300, () => sendVotes(tools));
    repeat(tools, 1_000, () => announce(tools));
    repeat(tools, 1_000, () => void sendTransaction(tools).catch(() => undefined));
    tools.scheduler.after(tools.random.between(2_000, 9_000), () => burst(tools));
    // Seldom: reading so much is most of the work of a run.
    if (tools.random.chance(0.25))
      tools.scheduler.after(tools.random.between(2_000, 9_000), () => sendProposals(tools));
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

/** Nobody can tell before the next height that these are of no proposer. */
function sendProposals(tools: ByzantineTools): void {
  const { random, network, chain } = tools;
  const [peer] = random.shuffled(network.peers());
  if (peer === undefined) return;
  const body = { height: chain.tip().height + 2, round: 0, polRound: -1, blockHash: random.bytes(32) };
  const proposal: SignedProposal = {
    body,
    proposerIndex: tools.index(),
    signature: random.bytes(64),
    header: new Uint8Array(0),
    lastCommit: new Uint8Array(0),
    evidence: [],
    transactionIds: Array.from({ length: LARGE_PROPOSAL_IDS }, () => body.blockHash),
  };
  const message = encodeMessage({ kind: 'proposal', proposal });
  const send = (left: number): void => {
    for (let count = 0; count < LARGE_PROPOSALS_AT_ONCE; count++) network.send(peer.id, 'consensus', message);
    if (left > LARGE_PROPOSALS_AT_ONCE)
      tools.scheduler.after(PAUSE_MS, () => send(left - LARGE_PROPOSALS_AT_ONCE));
  };
  send(LARGE_PROPOSALS);
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
