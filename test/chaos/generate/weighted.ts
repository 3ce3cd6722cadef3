import type { SeededRandom } from '../../harness/crash/random.ts';

/** One of the words, each as likely as its weight says. */
export function weighted<Word extends string>(
  random: SeededRandom,
  weights: Readonly<Record<Word, number>>,
): Word {
  const words = Object.keys(weights) as Word[];
  let left = random.chance() * words.reduce((sum, word) => sum + weights[word], 0);
  for (const word of words) {
    left -= weights[word];
    if (left < 0) return word;
  }
  return words.at(-1) ?? random.pick(words);
}

/** A whole number from `least` to `most`. */
export function between(random: SeededRandom, least: number, most: number): number {
  return least + random.below(most - least + 1);
}

/** So many different ones of the items, in their order. */
export function some<Item>(random: SeededRandom, items: readonly Item[], count: number): Item[] {
  const left = items.map((_, index) => index);
  const taken = new Set<number>();
  while (taken.size < Math.min(count, items.length)) {
    taken.add(left.splice(random.below(left.length), 1)[0] ?? 0);
  }
  return items.filter((_, index) => taken.has(index));
}
