/** Natural logarithms of factorials, grown as asked for: sums of logarithms, exact to a double's precision. */
const logFactorials: number[] = [0];

function logFactorial(n: number): number {
  for (let next = logFactorials.length; next <= n; next++) {
    logFactorials.push((logFactorials[next - 1] as number) + Math.log(next));
  }
  return logFactorials[n] as number;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/**
 * Probability that a committee drawn without replacement has a third or more Byzantine members: the tail of the
 * hypergeometric distribution, summed from its smallest terms.
 *
 * @param byzantine how many of `population` are Byzantine
 * @param size members of the committee
 */
export function committeeFailure(population: number, byzantine: number, size: number): number {
  let sum = 0;
  const most = Math.min(size, byzantine);
  const all = logChoose(population, size);
  for (let bad = most; bad * 3 >= size; bad--) {
    if (size - bad > population - byzantine) break;
    sum += Math.exp(logChoose(byzantine, bad) + logChoose(population - byzantine, size - bad) - all);
  }
  return sum;
}

/** The smallest committee, in steps of ten, that fails at most so often; the population when none does. */
export function committeeSize(population: number, byzantine: number, failureMax: number): number {
  for (let size = 10; size < population; size += 10) {
    // Sizes of 3k + 1 tolerate most for their size: of each step the best is taken.
    const best = size - (size % 3) + 1;
    if (committeeFailure(population, byzantine, best) <= failureMax) return best;
  }
  return population;
}
