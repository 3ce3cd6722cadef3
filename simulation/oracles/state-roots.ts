import { equalBytes, toHex } from '#kernel';
import { blockHash, headerCodec, type Header } from '#services/block';
import type { Said, SimulationEvent } from '../run/events.ts';
import type { MakeOracle } from './oracle.ts';

/**
 * All correct nodes have the same state and receipts after each block, the next header says which, and no correct
 * node prevotes a block that says otherwise.
 */
export const stateRoots: MakeOracle = (context) => {
  /** A state root is undefined as long as all nodes came over its height in runs. */
  const roots = new Map<number, { stateRoot: string | undefined; receiptRoot: string; node: string }>();
  /** Headers of proposals, by block hash. */
  const headers = new Map<string, Header>();

  function judgeSaid(node: string, message: Said): string | undefined {
    if (message.kind === 'proposal') {
      const { proposal } = message;
      const header = headerOf(proposal);
      if (header !== undefined) headers.set(toHex(proposal.body.blockHash), header);
      return undefined;
    }
    const { kind, height, blockHash } = message.vote.body;
    const isOwn = context.setAt(height)[message.vote.validatorIndex]?.node === node;
    if (kind !== 'prevote' || blockHash === undefined || !isOwn || !context.isCorrect(node)) return undefined;
    const header = headers.get(toHex(blockHash));
    const before = roots.get(height - 1)?.stateRoot;
    if (header === undefined || before === undefined || toHex(header.stateRoot) === before) return undefined;
    return `${node} prevoted ${toHex(blockHash)} of height ${height}, whose header has another state root than the chain`;
  }

  /** Also of a state that came from a snapshot. */
  function judgeStart({ node, height, stateRoot }: Extract<SimulationEvent, { kind: 'started' }>) {
    const known = roots.get(height)?.stateRoot;
    if (!context.isCorrect(node) || known === undefined || known === stateRoot) return undefined;
    return `${node} starts at height ${height} with state root ${stateRoot}; the chain has ${known}`;
  }

  return {
    id: 'state-roots',
    observe(event) {
      if (event.kind === 'said') return judgeSaid(event.node, event.message);
      if (event.kind === 'started') return judgeStart(event);
      if (event.kind !== 'final' || !context.isCorrect(event.node)) return undefined;
      const { node, stateRoot, receiptRoot, block } = event;
      const { header } = block;
      const before = roots.get(header.height - 1);
      if (before?.stateRoot !== undefined && toHex(header.stateRoot) !== before.stateRoot) {
        return `block ${header.height} has state root ${toHex(header.stateRoot)}; after the block before it was ${before.stateRoot}`;
      }
      if (before !== undefined && toHex(header.receiptRoot) !== before.receiptRoot) {
        return `block ${header.height} has receipt root ${toHex(header.receiptRoot)}, not ${before.receiptRoot}`;
      }
      const known = roots.get(header.height);
      roots.set(header.height, { stateRoot: known?.stateRoot ?? stateRoot, receiptRoot, node });
      if (known === undefined) return undefined;
      const isSame = [known.stateRoot, undefined].includes(stateRoot) || known.stateRoot === undefined;
      if (isSame && known.receiptRoot === receiptRoot) return undefined;
      return `after height ${header.height} ${known.node} has state root ${known.stateRoot}, ${node} has ${stateRoot}`;
    },
  };
};

type SaidProposal = Extract<Said, { kind: 'proposal' }>['proposal'];

/** The header that a proposal is of; undefined when a Byzantine node sent another one with it, or none. */
function headerOf({ header: bytes, body }: SaidProposal): Header | undefined {
  try {
    const header = headerCodec.decode(bytes);
    return equalBytes(blockHash(header), body.blockHash) ? header : undefined;
  } catch {
    return undefined;
  }
}
