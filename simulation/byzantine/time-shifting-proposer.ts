import type { ByzantineBehaviour } from './behaviour.ts';

/** Has a clock far from the others', and proposes blocks of its time. */
export const timeShiftingProposer: ByzantineBehaviour = {
  name: 'time-shifting-proposer',
  clock(clock, random) {
    const shiftMs = random.pick([-1, 1]) * random.between(700, 12_000);
    return { now: () => clock.now() + shiftMs, monotonic: () => clock.monotonic() };
  },
};
