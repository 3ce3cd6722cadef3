import { toHex } from '#kernel';
import type { SimulationEvent } from './events.ts';

/** One line of the trace. */
export function describeEvent(event: SimulationEvent): string {
  switch (event.kind) {
    case 'said':
      return `${event.node} says ${describeSaid(event.message)}`;
    case 'heard':
      return `${event.node} hears ${describeSaid(event.message)}`;
    case 'final': {
      const { header, hash, transactions } = event.block;
      const { round } = event.commit;
      return `${event.node} final ${header.height} round ${round} ${short(hash)} txs ${transactions.length}`;
    }
    case 'started':
      return `${event.node} starts at height ${event.height}${event.joinedByState ? ', by a snapshot' : ''}`;
    case 'ended':
      return `${event.node} ends: ${event.cause}${event.error === undefined ? '' : ` (${event.error})`}`;
    case 'log-lost':
      return `${event.node} lost its write-ahead log`;
    case 'submitted':
      return `client gives ${event.node} ${event.id.slice(0, 8)} of ${event.sender.slice(0, 8)} nonce ${event.nonce}: ${event.refused ?? 'accepted'}`;
    case 'entered':
      return `${event.node} enters ${event.height}/${event.round}`;
    case 'gauge':
      return `${event.node} ${event.name} ${event.value}`;
    case 'fault':
      return `fault ${event.what}${event.node === undefined ? '' : ` at ${event.node}`}`;
    case 'healed':
      return `healed at height ${event.height}`;
    case 'stormed':
      return 'a storm begins';
  }
}

function describeSaid(message: Extract<SimulationEvent, { kind: 'said' }>['message']): string {
  if (message.kind === 'vote') {
    const { kind, height, round, blockHash } = message.vote.body;
    return `${kind} ${height}/${round} ${short(blockHash)} of ${message.vote.validatorIndex}`;
  }
  const { height, round, polRound, blockHash } = message.proposal.body;
  return `proposal ${height}/${round} ${short(blockHash)} pol ${polRound} of ${message.proposal.proposerIndex}`;
}

function short(hash: Uint8Array | undefined): string {
  return hash === undefined ? 'nil' : toHex(hash).slice(0, 8);
}
