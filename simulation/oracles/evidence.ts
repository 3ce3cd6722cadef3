import { addressOfKey, toHex } from '#kernel';
import {
  blockHash,
  headerCodec,
  proposalDigest,
  voteDigest,
  type Block,
  type Evidence,
} from '#services/block';
import { sharedVerifier } from '../node/verifier.ts';
import type { Said } from '../run/events.ts';
import { EVIDENCE_MAX_AGE_MS } from '../run/genesis.ts';
import type { MakeOracle, OracleContext } from './oracle.ts';

/** A node had so much time to look at two messages, in virtual milliseconds, and nothing waited any more. */
const LOOK_MS = 150;

/** What a node must have seen of one validator in a height: two messages that contradict each other. */
interface Sight {
  readonly node: string;
  readonly offence: string;
  readonly height: number;
  readonly atMs: number;
  /** The node's later state shows that it looked at both in time. */
  isCertain: boolean;
}

/** What correct nodes saw, and what of it must come into a block. */
class Sights {
  readonly #context: OracleContext;
  /** By node: first message of a place that it heard in the height in progress. */
  readonly #heard = new Map<string, Map<string, string>>();
  #sights: Sight[] = [];
  readonly due = new Map<string, Sight>();

  constructor(context: OracleContext) {
    this.#context = context;
  }

  hear(node: string, message: Said): void {
    const state = progressOf(this.#context, node);
    const found = contentOf(message, this.#context);
    if (state === undefined || found === undefined) return;
    const { height, round } = message.kind === 'vote' ? message.vote.body : message.proposal.body;
    if (height !== state.height || height === 1 || round > state.round) return;
    const isProposal = message.kind === 'proposal';
    if (isProposal && (round !== state.round || state.proposer !== found.address)) return;
    const places = this.#heard.get(node) ?? new Map<string, string>();
    this.#heard.set(node, places);
    const place = `${height} ${found.address} ${found.kind} ${round}`;
    const first = places.get(place);
    if (first === undefined) places.set(place, found.content);
    if (first === undefined || first === found.content) return;
    const offence = `duplicate-${isProposal ? 'proposal' : 'vote'} of ${found.by} at ${height}`;
    if (this.#sights.some((sight) => sight.node === node && sight.offence === offence)) return;
    this.#sights.push({ node, offence, height, atMs: this.#context.nowMs(), isCertain: false });
  }

  /** A node that is still in the height some time later, with nothing before it, has looked at what it heard. */
  look(node: string): void {
    for (const sight of this.#sights) {
      const isTooSoon = this.#context.nowMs() - sight.atMs < LOOK_MS;
      if (sight.node !== node || sight.isCertain || isTooSoon) continue;
      const state = progressOf(this.#context, node);
      sight.isCertain = state !== undefined && state.height === sight.height && state.isIdle;
    }
  }

  /** Of what the node saw in a height that is over, it owes what it certainly looked at. */
  settle(node: string, height: number, isRecorded: (offence: string) => boolean): void {
    this.#heard.delete(node);
    for (const sight of this.#sights) {
      if (sight.node !== node || sight.height > height) continue;
      if (sight.isCertain && !isRecorded(sight.offence)) this.due.set(sight.offence, sight);
    }
    this.#sights = this.#sights.filter((sight) => sight.node !== node || sight.height > height);
  }

  /** @param isOrderly false when what the node found at last may not have been written */
  end(node: string, isOrderly: boolean): void {
    this.#heard.delete(node);
    this.#sights = this.#sights.filter((sight) => sight.node !== node);
    if (isOrderly) return;
    for (const [offence, sight] of this.due) if (sight.node === node) this.due.delete(offence);
  }
}

/**
 * Evidence is of liars alone, of an offence once, and not of long ago; and what a correct node saw in time, and did not
 * lose with its power or its disk, comes into a block.
 */
export const evidence: MakeOracle = (context) => {
  const recorded = new Map<string, number>();
  /** Times of the final blocks. */
  const times = new Map<number, number>();
  const sights = new Sights(context);

  function judgeBlock({ header, evidence: included }: Block): string | undefined {
    for (const item of included) {
      const ageMs = header.timeMs - (times.get(item.height - 1) ?? 0);
      if (ageMs > EVIDENCE_MAX_AGE_MS) {
        return `block ${header.height} holds evidence of height ${item.height}, which was long ago`;
      }
      for (const { address, power } of accusedBy(item)) {
        const accused = toHex(address);
        const validator = context.setAt(item.height).find((member) => member.address === accused);
        if (validator === undefined || validator.power !== power || context.isCorrect(validator.node)) {
          const who = validator?.node ?? 'nobody';
          return `block ${header.height} accuses ${who} of a ${item.kind} at ${item.height}`;
        }
        const offence = `${item.kind} of ${validator.node} at ${item.height}`;
        const before = recorded.get(offence);
        if (before !== undefined) return `blocks ${before} and ${header.height} both record a ${offence}`;
        recorded.set(offence, header.height);
        sights.due.delete(offence);
      }
    }
    return undefined;
  }

  return {
    id: 'evidence',
    observe(event) {
      if (event.kind === 'heard') sights.hear(event.node, event.message);
      if (event.kind === 'gauge' && event.name === 'consensus.waiting') sights.look(event.node);
      if (event.kind === 'ended') sights.end(event.node, event.cause === 'stop');
      if (event.kind !== 'final' || !context.isCorrect(event.node)) return undefined;
      const { height, timeMs } = event.block.header;
      const finding = times.has(height) ? undefined : judgeBlock(event.block);
      times.set(height, timeMs);
      sights.settle(event.node, height, (offence) => recorded.has(offence));
      return finding;
    },
    isSettled: () => sights.due.size === 0,
    async finish() {
      const { due } = sights;
      const [first] = due.values();
      if (first === undefined) return undefined;
      return `${first.node} saw a ${first.offence}, and no block of ${times.size} holds evidence of it (${due.size} such)`;
    },
  };
};

function accusedBy(item: Evidence): readonly { readonly address: Uint8Array; readonly power: number }[] {
  return item.kind === 'light-client-attack' ? item.accountable : [item.validator];
}

/** Where a node's consensus stands; undefined while it does not take part. */
function progressOf(context: OracleContext, name: string) {
  const node = context.machines.find((machine) => machine.name === name)?.node;
  if (node === undefined) return undefined;
  const { height, round, step, paused, proposer } = node.consensus.status();
  if (paused || step === 'decided' || node.chain.tip().height + 1 !== height) return undefined;
  const { waiting } = node.consensus.statistics();
  return { height, round, isIdle: waiting === 0, proposer: proposer === undefined ? '' : toHex(proposer) };
}

/** Who says what, when the signature is good, and the proposal is of the block that it names. */
function contentOf(message: Said, context: OracleContext) {
  const { genesisHash } = context;
  const isVote = message.kind === 'vote';
  const place = isVote ? message.vote.validatorIndex : message.proposal.proposerIndex;
  const { height } = isVote ? message.vote.body : message.proposal.body;
  const maker = context.setAt(height)[place];
  if (maker === undefined) return undefined;
  const { publicKey, address, node: by } = maker;
  if (isVote) {
    const { body, signature } = message.vote;
    if (!sharedVerifier.verify({ publicKey, digest: voteDigest(body, genesisHash), signature }))
      return undefined;
    const content = body.blockHash === undefined ? 'nil' : toHex(body.blockHash);
    return { address, by, kind: body.kind, content };
  }
  const { body, signature, header } = message.proposal;
  if (!sharedVerifier.verify({ publicKey, digest: proposalDigest(body, genesisHash), signature }))
    return undefined;
  const isOfBlock = body.polRound === -1 && isHeaderOf(header, body.blockHash, publicKey);
  return isOfBlock ? { address, by, kind: 'proposal', content: toHex(body.blockHash) } : undefined;
}

function isHeaderOf(encoded: Uint8Array, hash: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    const header = headerCodec.decode(encoded);
    const isOwn = toHex(header.proposer) === toHex(addressOfKey('ed25519', publicKey));
    return isOwn && toHex(blockHash(header)) === toHex(hash);
  } catch {
    return false;
  }
}
