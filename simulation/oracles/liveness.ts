import type { MakeOracle } from './oracle.ts';

/**
 * Rounds after the network healed in which the height in progress must be decided, and each later one, by validator of
 * its set: two turns of every proposer. Where Byzantine validators are silent, every correct vote may be needed, and a
 * validator that is locked gives its own to what it locked on alone, which only its own proposal may bring; while its
 * links come back, that is late once.
 */
const ROUNDS_PER_VALIDATOR = 2;

/** After the network heals, heights are decided within a bound of rounds. */
export const liveness: MakeOracle = (context) => {
  const rounds = new Map<number, number>();
  let healed: { readonly height: number; readonly round: number } | undefined;
  let top = 0;
  return {
    id: 'liveness',
    observe(event) {
      switch (event.kind) {
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
          const begin = height === healed.height ? healed.round : 0;
          const limit = begin + ROUNDS_PER_VALIDATOR * context.setAt(height).length;
          if (round <= limit) return undefined;
          return `${node} is in round ${round} of height ${height}; after the network healed at ${healed.height}/${healed.round} it should be final by round ${limit}`;
        }
        default:
          return undefined;
      }
    },
  };
};
