import type { Random } from '#kernel';

/** Randomness of a run: the same seed gives the same numbers, on every machine. */
export interface SeededRandom extends Random {
  /** True with the probability given. */
  chance(probability: number): boolean;
  /** Uniform integer from `min` to `max`, both included. */
  between(min: number, max: number): number;
  pick<Item>(items: readonly Item[]): Item;
  shuffled<Item>(items: readonly Item[]): Item[];
  /** A stream of its own, which what others draw does not disturb. */
  fork(label: string): SeededRandom;
}

/** Mulberry32 over a mixed seed: small, fast, and enough for schedules. Never for secrets. */
export function seededRandom(seed: number): SeededRandom {
  let state = mix(seed | 0);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const integer = (maxExclusive: number): number => (maxExclusive <= 1 ? 0 : next() % maxExclusive);
  return {
    integer,
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 255),
    chance: (probability) => probability > 0 && next() < probability * 2 ** 32,
    between: (min, max) => min + integer(max - min + 1),
    pick: (items) => items[integer(items.length)] as (typeof items)[number],
    shuffled(items) {
      const shuffled = [...items];
      for (let index = shuffled.length - 1; index > 0; index--) {
        const other = integer(index + 1);
        const held = shuffled[index] as (typeof items)[number];
        shuffled[index] = shuffled[other] as (typeof items)[number];
        shuffled[other] = held;
      }
      return shuffled;
    },
    fork(label) {
      let forked = seed | 0;
      for (let index = 0; index < label.length; index++) forked = mix(forked ^ label.charCodeAt(index));
      return seededRandom(forked);
    },
  };
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) | 0;
}
