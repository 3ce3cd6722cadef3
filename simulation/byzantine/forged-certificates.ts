import { proposalDigest, type Commit } from '#services/block';
import { encodeMessage, type SignedProposal } from '#services/consensus';
import { networkLike, type ByzantineBehaviour, type ByzantineTools } from './behaviour.ts';
import { forgedRange, STATUS_BYTES } from './forged-range.ts';
import { heardHashes, ownMessage, repeat } from './speech.ts';

/**
 * Forges proofs: votes in the names of others, commits with too few or false signatures, proofs of lock that never
 * were, and final blocks of heights that nobody decided.
 */
export const forgedCertificates: ByzantineBehaviour = {
  name: 'forged-certificates',
  chain: (tools) => ({
    ...tools.chain,
    assemble(input) {
      const commit = input.lastCommit ?? tools.chain.tip().commit;
      if (commit === undefined || tools.random.chance(0.5)) return tools.chain.assemble(input);
      return tools.chain.assemble({ ...input, lastCommit: weakened(tools, commit) });
    },
    validate: async (block) => {
      const result = await tools.chain.validate(block);
      return !result.ok && result.error.code === 'block.invalid-commit' ? { ok: true, value: undefined } : result;
    },
  }),
  network: (tools) =>
    networkLike(tools.network, {
      broadcast(channel, bytes, except) {
        const own = ownMessage(tools, channel, bytes);
        if (own?.kind === 'proposal' && own.proposal.body.round > 0 && tools.random.chance(0.5)) {
          const proposal = claimLock(tools, own.proposal);
          return tools.network.broadcast(channel, encodeMessage({ kind: 'proposal', proposal }), except);
        }
        return tools.network.broadcast(channel, bytes, except);
      },
      onRequest(protocol, options, handler) {
        tools.network.onRequest(protocol, options, async (peer, body) => {
          const forged = tools.random.chance(0.6) ? await forgedRange(tools, protocol, body) : undefined;
          return forged ?? handler(peer, body);
        });
      },
    }),
  start(tools) {
    repeat(tools, 700, () => forgeVote(tools));
    repeat(tools, 1_500, () => claimHeight(tools));
  },
};

/** The commit without some of its signatures, or with a false one. */
function weakened({ random }: ByzantineTools, commit: Commit): Commit {
  const kept = random.chance(0.5) ? 0.4 : 1;
  const signatures = commit.signatures.map((signature) => (random.chance(kept) ? signature : undefined));
  if (kept === 1) signatures[random.integer(signatures.length)] = random.bytes(64);
  return { ...commit, signatures };
}

function claimLock(tools: ByzantineTools, proposal: SignedProposal): SignedProposal {
  const body = { ...proposal.body, polRound: tools.random.integer(proposal.body.round) };
  return { ...proposal, body, signature: tools.key.sign(proposalDigest(body, tools.identity.genesisHash)) };
}

/** Says in the name of all others that they precommitted something. */
function forgeVote(tools: ByzantineTools): void {
  const { height, validators } = tools.chain.tip();
  const [victim] = tools.random.shuffled(tools.network.peers());
  const hashes = heardHashes(tools, height + 1);
  if (victim === undefined || hashes.length === 0) return;
  const blockHash = tools.random.pick(hashes);
  const kind = tools.random.pick(['prevote', 'precommit'] as const);
  const signature = new Uint8Array(64).fill(7);
  for (const index of validators.validators.keys()) {
    if (tools.random.chance(0.7)) continue;
    const vote = { body: { kind, height: height + 1, round: 0, blockHash }, validatorIndex: index, signature };
    tools.network.send(victim.id, 'consensus', encodeMessage({ kind: 'vote', vote }));
  }
}

function claimHeight(tools: ByzantineTools): void {
  const status = new Uint8Array(STATUS_BYTES);
  const height = tools.chain.tip().height + tools.random.between(1, 5);
  new DataView(status.buffer).setBigUint64(0, BigInt(height), true);
  new DataView(status.buffer).setBigUint64(8, 1n, true);
  tools.network.broadcast('status', status);
}
