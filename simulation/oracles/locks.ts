import { toHex } from '#kernel';
import type { SignedProposal, SignedVote } from '#services/consensus';
import type { SetMember } from '../run/known-sets.ts';
import type { MakeOracle } from './oracle.ts';

/** What a validator precommitted last in a height. */
interface Lock {
  readonly height: number;
  readonly round: number;
  readonly hash: string;
}

/**
 * The rules of arXiv:1807.04938 on which agreement rests, seen from outside: a correct validator precommits a
 * block only with prevotes of more than 2/3 for it (L36), prevotes against its lock only for a block that such
 * prevotes justify since (L29), and proposes what it precommitted, or what was justified later (L15).
 */
export const locks: MakeOracle = (context) => {
  /** Who prevoted what, by `height round hash`. */
  const prevoters = new Map<string, Set<number>>();
  const held = new Map<string, Lock>();
  const hasPolka = (height: number, round: number, hash: string): boolean =>
    isQuorum(prevoters.get(`${height} ${round} ${hash}`), context.setAt(height));

  function note(index: number, { body }: SignedVote): void {
    const { kind, height, round, blockHash } = body;
    if (kind !== 'prevote' || blockHash === undefined) return;
    const key = `${height} ${round} ${toHex(blockHash)}`;
    prevoters.set(key, (prevoters.get(key) ?? new Set()).add(index));
  }

  function prevoted(node: string, height: number, round: number, hash: string): string | undefined {
    const lock = held.get(node);
    if (lock?.height !== height || lock.hash === hash || round <= lock.round) return undefined;
    for (let earlier = lock.round; earlier < round; earlier++) {
      if (hasPolka(height, earlier, hash)) return undefined;
    }
    return (
      `validator ${node} is locked on ${lock.hash} since round ${lock.round} of height ${height} and prevoted ` +
      `${hash} in round ${round}, which nothing justifies`
    );
  }

  function judge(node: string, { body }: SignedVote): string | undefined {
    const { kind, height, round, blockHash } = body;
    if (blockHash === undefined) return undefined;
    const hash = toHex(blockHash);
    if (kind === 'prevote') return prevoted(node, height, round, hash);
    const lock = held.get(node);
    if (lock === undefined || lock.height < height || (lock.height === height && lock.round < round)) {
      held.set(node, { height, round, hash });
    }
    if (hasPolka(height, round, hash)) return undefined;
    return `validator ${node} precommitted ${hash} at ${height}/${round} without prevotes of more than 2/3`;
  }

  function judgeProposal(node: string, { body }: SignedProposal): string | undefined {
    const lock = held.get(node);
    if (lock?.height !== body.height || lock.round >= body.round || body.polRound >= lock.round)
      return undefined;
    return (
      `validator ${node} precommitted ${lock.hash} in round ${lock.round} of height ${body.height} and proposed ` +
      `${toHex(body.blockHash)} with proof of round ${body.polRound} in round ${body.round}`
    );
  }

  return {
    id: 'locks',
    observe(event) {
      if (event.kind === 'log-lost') held.delete(event.node);
      if (event.kind !== 'said') return undefined;
      const { message } = event;
      const index = message.kind === 'vote' ? message.vote.validatorIndex : message.proposal.proposerIndex;
      const { height } = message.kind === 'vote' ? message.vote.body : message.proposal.body;
      const { node } = event;
      if (context.setAt(height)[index]?.node !== node) return undefined;
      if (message.kind === 'vote') note(index, message.vote);
      if (!context.isCorrect(node)) return undefined;
      return message.kind === 'vote' ? judge(node, message.vote) : judgeProposal(node, message.proposal);
    },
  };
};

function isQuorum(voters: ReadonlySet<number> | undefined, set: readonly SetMember[]): boolean {
  let [sum, total] = [0n, 0n];
  for (const [index, { power }] of set.entries()) {
    total += BigInt(power);
    if (voters?.has(index) === true) sum += BigInt(power);
  }
  return 3n * sum > 2n * total;
}
