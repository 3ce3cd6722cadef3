import type { MakeOracle } from './oracle.ts';

/**
 * Rounds after the network healed in which the height in progress must be decided, and rounds of each later
 * height: with a third of the power Byzantine some proposers are silent, and clocks and rounds come together
 * first.
 */
const ROUNDS_AFTER_HEALING = 14;
const ROUNDS_OF_HEIGHT = 10;

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
          const limit = height === healed.height ? healed.round + ROUNDS_AFTER_HEALING : ROUNDS_OF_HEIGHT;
          if (round <= limit) return undefined;
          return `${node} is in round ${round} of height ${height}; after the network healed at ${healed.height}/${healed.round} it should be final by round ${limit}`;
        }
        default:
          return undefined;
      }
    },
  };
};
