import { addressOfKey, hash, toHex } from '#kernel';
import {
  duplicateVoteEvidence,
  evidenceRoot,
  makeBlock,
  voteDigest,
  type Block,
  type Evidence,
  type VoteBody,
} from '#services/block';
import { evidenceBatchCodec } from '#services/consensus';
import type { ByzantineBehaviour, ByzantineTools } from './behaviour.ts';
import { repeat, tamperedChain } from './speech.ts';

/**
 * Accuses correct validators with signatures that are none, and itself of what was long ago or is recorded; tells it to
 * all, and proposes blocks that hold it.
 */
export const forgedEvidence: ByzantineBehaviour = {
  name: 'forged-evidence',
  chain: (tools) => tamperedChain(tools.chain, (block) => withFalseEvidence(tools, block)),
  start(tools) {
    repeat(tools, 600, () => {
      void falseEvidence(tools)
        .then((found) => {
          const bytes = found.slice(0, 1).map((item) => item.bytes);
          if (bytes.length > 0) tools.network.broadcast('evidence', evidenceBatchCodec.encode(bytes));
        })
        .catch(() => undefined);
    });
  },
};

async function withFalseEvidence(tools: ByzantineTools, block: Block): Promise<Block> {
  const found = await falseEvidence(tools).catch(() => []);
  if (found.length === 0) return block;
  const evidence = [...block.evidence, ...found];
  const header = { ...block.header, evidenceRoot: evidenceRoot(evidence) };
  return makeBlock(header, block.transactions, block.lastCommit, evidence);
}

async function falseEvidence(tools: ByzantineTools): Promise<readonly Evidence[]> {
  const tip = tools.chain.tip().height;
  if (tip < 2) return [];
  switch (tools.random.integer(3)) {
    case 0:
      return made(await doubleVote(tools, tools.random.between(1, tip), true));
    case 1:
      return made(await doubleVote(tools, 1, false));
    default:
      return recorded(tools, tip);
  }
}

const made = (evidence: Evidence | undefined): readonly Evidence[] =>
  evidence === undefined ? [] : [evidence];

/** Evidence that a block holds already. */
async function recorded({ chain, random }: ByzantineTools, tip: number): Promise<readonly Evidence[]> {
  const page = await chain.evidences({ limit: 10 });
  if (page.items.length === 0 || tip < 3) return [];
  return [random.pick(page.items).evidence];
}

/** Two votes of one place: of a correct validator with signatures that it did not make, or of its own. */
async function doubleVote(
  { chain, random, key, identity, genesisTimeMs }: ByzantineTools,
  height: number,
  isForeign: boolean,
): Promise<Evidence | undefined> {
  const set = await chain.validatorSet(height);
  const before = height === 1 ? undefined : await chain.header(height - 1);
  const own = toHex(addressOfKey('ed25519', key.publicKey));
  const choices = set?.validators.filter(({ address }) => (toHex(address) === own) !== isForeign) ?? [];
  const timeMs = before?.timeMs ?? genesisTimeMs;
  if (choices.length === 0) return undefined;
  const { address, power } = random.pick(choices);
  const [a, b] = ['a', 'b'].map((text) => {
    const blockHash = hash('merkle-leaf', random.bytes(8), Buffer.from(text));
    const body: VoteBody = { kind: 'precommit', height, round: 0, blockHash };
    return { body, signature: key.sign(voteDigest(body, identity.genesisHash)) };
  });
  return a && b && duplicateVoteEvidence(a, b, { validator: { address, power }, timeMs });
}
