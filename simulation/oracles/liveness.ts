import type { MakeOracle } from './oracle.ts';

/**
 * Rounds after the network healed in which the height in progress must be decided, and rounds of each later
 * height: with a third of the power Byzantine some proposers are silent, and clocks and rounds come together
 * first.
 */
const ROUNDS_AFTER_HEALING = 14;
const ROUNDS_OF_HEIGHT = 10;
/**
 * Turns of every proposer in which a height is decided where a correct validator is locked: where all correct votes are
 * needed, only its own proposal may get its vote, and that is late once while its links come back.
 */
const TURNS_WITH_LOCK = 2;

/** After the network heals, heights are decided within a bound of rounds. */
export const liveness: MakeOracle = (context) => {
  const rounds = new Map<number, number>();
  /** Heights at which a correct validator has precommitted a block. */
  const locked = new Set<number>();
  let healed: { readonly height: number; readonly round: number } | undefined;
  let top = 0;
  return {
    id: 'liveness',
    observe(event) {
      switch (event.kind) {
        case 'said': {
          if (event.message.kind !== 'vote' || !context.isCorrect(event.node)) return undefined;
          const { body, validatorIndex } = event.message.vote;
          const isOwn = context.setAt(body.height)[validatorIndex]?.node === event.node;
          if (body.kind === 'precommit' && body.blockHash !== undefined && isOwn) locked.add(body.height);
          return undefined;
        }
        case 'stormed':
          healed = undefined;
          return undefined;
        case 'healed':
          healed = { height: top, round: rounds.get(top) ?? 0 };
          return undefined;
        case 'entered': {
          if (!context.isCorrect(event.node)) return undefined;
          const { height, round, node } = event;
          top = Math.max(top, height);
          rounds.set(height, Math.max(round, rounds.get(height) ?? 0));
          if (healed === undefined || height < healed.height) return undefined;
          const [begin, usual] =
            height === healed.height ? [healed.round, ROUNDS_AFTER_HEALING] : [0, ROUNDS_OF_HEIGHT];
          const withLock = locked.has(height) ? TURNS_WITH_LOCK * context.setAt(height).length : 0;
          const limit = begin + Math.max(usual, withLock);
          if (round <= limit) return undefined;
          return `${node} is in round ${round} of height ${height}; after the network healed at ${healed.height}/${healed.round} it should be final by round ${limit}`;
        }
        default:
          return undefined;
      }
    },
  };
};
