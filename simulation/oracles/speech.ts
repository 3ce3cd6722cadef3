import { toHex } from '#kernel';
import type { MakeOracle } from './oracle.ts';

/**
 * Nothing that a correct validator signs leaves before the log and the record of the last signature were synced
 * since what it said before.
 */
export const speech: MakeOracle = (context) => {
  const said = new Set<string>();
  const last = new Map<string, { readonly log: number; readonly signRecord: number }>();
  return {
    id: 'speech',
    observe(event) {
      if (event.kind !== 'said' || !context.isCorrect(event.node)) return undefined;
      const { message, node } = event;
      const isVote = message.kind === 'vote';
      const index = isVote ? message.vote.validatorIndex : message.proposal.proposerIndex;
      const { height, round, blockHash } = isVote ? message.vote.body : message.proposal.body;
      if (context.setAt(height)[index]?.node !== node) return undefined;
      const kind = isVote ? message.vote.body.kind : 'proposal';
      const content = `${index} ${kind} ${height} ${round} ${blockHash === undefined ? '' : toHex(blockHash)}`;
      if (said.has(content)) return undefined;
      said.add(content);
      const syncs = context.machines.find(({ name }) => name === node)?.disk.syncs;
      const before = last.get(node);
      if (syncs !== undefined) last.set(node, syncs);
      if (before === undefined || syncs === undefined) return undefined;
      if (syncs.log === before.log)
        return `${node} said its ${kind} of ${height}/${round} before the log was synced`;
      if (syncs.signRecord > before.signRecord) return undefined;
      return `${node} said its ${kind} of ${height}/${round} before the record of its signature was synced`;
    },
  };
};
