import type { ByzantineBehaviour } from './behaviour.ts';

/** Every way in which a validator of the simulation lies. */
export const BEHAVIOURS: readonly ByzantineBehaviour[] = [];
