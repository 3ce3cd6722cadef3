import { toHex } from '#kernel';
import type { MakeOracle } from './oracle.ts';

/** A correct validator never says two things in one place, over all its lives. */
export const ownVotes: MakeOracle = (context) => {
  const said = new Map<string, string>();
  return {
    id: 'own-votes',
    observe(event) {
      if (event.kind !== 'said' || !context.isCorrect(event.node)) return undefined;
      const { message } = event;
      const isVote = message.kind === 'vote';
      const index = isVote ? message.vote.validatorIndex : message.proposal.proposerIndex;
      const { height, round, blockHash } = isVote ? message.vote.body : message.proposal.body;
      // What others made is only passed on.
      if (context.setAt(height)[index]?.node !== event.node) return undefined;
      const kind = isVote ? message.vote.body.kind : 'proposal';
      const place = `${kind} of height ${height} round ${round}`;
      const pol = isVote ? '' : ` pol ${message.proposal.body.polRound}`;
      const content = `${blockHash === undefined ? 'nil' : toHex(blockHash)}${pol}`;
      const key = `${index} ${place}`;
      const before = said.get(key);
      said.set(key, content);
      if (before === undefined || before === content) return undefined;
      return `${event.node} said ${content} after ${before} in its ${place}`;
    },
  };
};
