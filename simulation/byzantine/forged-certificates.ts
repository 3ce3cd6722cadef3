import type { Commit, ProposalBody } from '#services/block';
import { encodeMessage, type ConsensusMessage } from '#services/consensus';
import { networkLike, type ByzantineBehaviour, type ByzantineTools } from './behaviour.ts';
import { forgedRange, STATUS_BYTES } from './forged-range.ts';
import { ownMessage, proposeFresh, repeat } from './speech.ts';

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
      return !result.ok && result.error.code === 'block.invalid-commit'
        ? { ok: true, value: undefined }
        : result;
    },
  }),
  network(tools) {
    let attacked: ConsensusMessage | undefined;
    return networkLike(tools.network, {
      broadcast(channel, bytes, except) {
        const own = ownMessage(tools, channel, bytes);
        if (own?.kind === 'proposal' && own.proposal.body.round > 0) {
          const { round } = own.proposal.body;
          void proposeFresh(tools, round, round - 1).catch(() => undefined);
          return tools.network.peers().length;
        }
        return tools.network.broadcast(channel, bytes, except);
      },
      onMessage(channel, handler) {
        tools.network.onMessage(channel, (peer, bytes) => {
          handler(peer, bytes);
          const last = channel === 'consensus' ? tools.heard.at(-1) : undefined;
          if (last?.kind !== 'proposal' || last === attacked) return;
          attacked = last;
          forgeVotes(tools, last.proposal.body);
        });
      },
      onRequest(protocol, options, handler) {
        tools.network.onRequest(protocol, options, async (peer, body) => {
          const forged = tools.random.chance(0.6) ? await forgedRange(tools, protocol, body) : undefined;
          return forged ?? handler(peer, body);
        });
      },
    });
  },
  start(tools) {
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

/** Says in the name of all others that they voted for a block that was just proposed. */
function forgeVotes(tools: ByzantineTools, body: ProposalBody): void {
  const { validators } = tools.chain.tip();
  const [victim] = tools.random.shuffled(tools.network.peers());
  if (victim === undefined || tools.random.chance(0.7)) return;
  const { height, round, blockHash } = body;
  const kind = tools.random.pick(['prevote', 'precommit'] as const);
  const signature = new Uint8Array(64).fill(7);
  for (const index of validators.validators.keys()) {
    const vote = { body: { kind, height, round, blockHash }, validatorIndex: index, signature };
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
