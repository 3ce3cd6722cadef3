import { hash, toHex, utf8 } from '#kernel';
import {
  makeBlock,
  proposalDigest,
  voteDigest,
  type Block,
  type Chain,
  type ProposalBody,
  type VoteBody,
} from '#services/block';
import {
  compactProposal,
  decodeMessage,
  encodeMessage,
  type ConsensusMessage,
  type SignedProposal,
  type SignedVote,
} from '#services/consensus';
import { signTransaction, type Transaction, type TransactionBody } from '#services/transaction';
import type { ByzantineTools } from './behaviour.ts';

/** A vote with the Byzantine validator's key, in wire form. */
export function voteBytes(tools: ByzantineTools, body: VoteBody): Uint8Array {
  const vote: SignedVote = {
    body,
    validatorIndex: tools.index(),
    signature: tools.key.sign(voteDigest(body, tools.identity.genesisHash)),
  };
  return encodeMessage({ kind: 'vote', vote });
}

/** A proposal of a block with the Byzantine validator's key. */
export function signedProposal(tools: ByzantineTools, block: Block, body: ProposalBody): SignedProposal {
  const signature = tools.key.sign(proposalDigest(body, tools.identity.genesisHash));
  return compactProposal(block, body, tools.index(), signature);
}

/** The message, when it is one that the validator itself made. */
export function ownMessage(
  tools: ByzantineTools,
  channel: string,
  bytes: Uint8Array,
): Exclude<ConsensusMessage, { kind: 'round-state' }> | undefined {
  if (channel !== 'consensus') return undefined;
  const message = decodeMessage(bytes);
  if (message.kind === 'round-state') return undefined;
  const maker = message.kind === 'vote' ? message.vote.validatorIndex : message.proposal.proposerIndex;
  return maker === tools.index() ? message : undefined;
}

/** Hashes of blocks that were proposed or voted for in a height lately. */
export function heardHashes(tools: ByzantineTools, height: number): Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  for (const message of tools.heard) {
    if (message.kind === 'round-state') continue;
    const { body } = message.kind === 'vote' ? message.vote : message.proposal;
    if (body.height === height && body.blockHash !== undefined)
      found.set(toHex(body.blockHash), body.blockHash);
  }
  return [...found.values()];
}

/** The last proposal heard of a place. */
export function heardProposal(
  tools: ByzantineTools,
  height: number,
  round: number,
): SignedProposal | undefined {
  const found = tools.heard.findLast(
    (message) =>
      message.kind === 'proposal' &&
      message.proposal.body.height === height &&
      message.proposal.body.round === round,
  );
  return found?.kind === 'proposal' ? found.proposal : undefined;
}

/** The peers in two random parts. */
export function halves(tools: ByzantineTools): [string[], string[]] {
  const peers = tools.random.shuffled(tools.network.peers().map(({ id }) => id));
  const cut = Math.ceil(peers.length / 2);
  return [peers.slice(0, cut), peers.slice(cut)];
}

/** Runs a task again and again, for as long as the node lives. */
export function repeat(tools: ByzantineTools, everyMs: number, task: () => void): void {
  tools.scheduler.after(everyMs + tools.random.integer(everyMs), () => {
    task();
    repeat(tools, everyMs, task);
  });
}

/** The block with other members in its header, and the hash that follows. */
export function withHeader(block: Block, changes: Partial<Block['header']>): Block {
  return makeBlock({ ...block.header, ...changes }, block.transactions, block.lastCommit, block.evidence);
}

/** A chain that makes altered blocks and holds them valid itself. */
export function tamperedChain(chain: Chain, alter: (block: Block) => Block | Promise<Block>): Chain {
  const made = new Set<string>();
  return {
    ...chain,
    async assemble(input) {
      const altered = await alter(await chain.assemble(input));
      made.add(toHex(altered.hash));
      return altered;
    },
    validate: async (block) =>
      made.has(toHex(block.hash)) ? { ok: true, value: undefined } : chain.validate(block),
  };
}

/** A transaction of the Byzantine validator's account. */
export async function ownTransaction(
  tools: ByzantineTools,
  changes: Partial<TransactionBody> & { nonceAhead?: number } = {},
): Promise<Transaction> {
  const { nonceAhead = 0, ...others } = changes;
  const { account, identity, random } = tools;
  const digest = hash('merkle-leaf', random.bytes(16), utf8('own'));
  const body = {
    chainId: identity.chainId,
    senderKeyType: account.type,
    senderKey: account.publicKey,
    nonce: 0,
    gasLimit: 5_000,
    gasPrice: BigInt(random.between(1, 30)),
    validUntil: 10_000,
    payload: { type: 'attest', digest, label: 'own' },
    ...others,
  } as const;
  const draft = signTransaction(body, account, identity);
  const [state] = await tools.accounts.accounts([draft.sender]);
  return signTransaction({ ...body, nonce: (state?.nonce ?? 0) + nonceAhead }, account, identity);
}

/** Proposes a fresh block, whatever was valid before. @param polRound what it claims of it */
export async function proposeFresh(tools: ByzantineTools, round: number, polRound: number): Promise<void> {
  const { validators, blockTimeMs, commit, height } = tools.chain.tip();
  const proposer = validators.validators[tools.index()]?.address;
  if (proposer === undefined) return;
  const timeMs = Math.max(tools.clock.now(), blockTimeMs + 1);
  const transactions = tools.mempool.select({ maxBytes: 50_000, maxGas: 500_000, maxCount: 50 });
  const block = await tools.chain.assemble({ round, timeMs, proposer, lastCommit: commit, transactions });
  const body = { height: height + 1, round, polRound, blockHash: block.hash };
  const proposal = signedProposal(tools, block, body);
  tools.network.broadcast('consensus', encodeMessage({ kind: 'proposal', proposal }));
}
