/** A validator that is in the set or may come into it. */
export interface Standing {
  readonly operator: string;
  /** In force; 0 for none. */
  readonly power: number;
  /** What its stake gives; 0 when it may not serve. */
  readonly deserved: number;
  readonly stake: bigint;
  readonly state: 'free' | 'jailed' | 'tombstoned';
}

const LEAVES_FIRST = { tombstoned: 0, jailed: 1, free: 2 } as const;

/**
 * The set that is decided, by the definition of EPOCH-2 and EPOCH-3: the most stake first, ties by operator, and in an
 * epoch no more power goes, and no more comes, than a part of that in force.
 *
 * @param churn basis points
 * @returns powers by operator in hex
 */
export function nextSet(all: readonly Standing[], size: number, churn: number): ReadonlyMap<string, number> {
  const ranked = all.toSorted(
    (a, b) => Number(b.stake > a.stake) - Number(a.stake > b.stake) || (a.operator < b.operator ? -1 : 1),
  );
  const goals = new Map(
    ranked
      .filter(({ deserved }) => deserved > 0)
      .slice(0, size)
      .map(({ operator, deserved }) => [operator, deserved]),
  );
  const seated = ranked.filter(({ power }) => power > 0);
  const most = Math.max(1, Math.floor((seated.reduce((sum, { power }) => sum + power, 0) * churn) / 10_000));
  const powers = new Map(seated.map(({ operator, power }) => [operator, power]));
  const leaving = seated
    .map((one, rank) => ({ ...one, rank }))
    .toSorted((a, b) => LEAVES_FIRST[a.state] - LEAVES_FIRST[b.state] || b.rank - a.rank);
  let gone = 0;
  for (const { operator, power } of leaving) {
    const less = Math.min(most - gone, Math.max(0, power - (goals.get(operator) ?? 0)));
    gone += less;
    if (less === power) powers.delete(operator);
    else powers.set(operator, power - less);
  }
  let come = 0;
  for (const { operator, power } of ranked) {
    if (power === 0 && powers.size >= size) continue;
    const more = Math.min(most - come, Math.max(0, (goals.get(operator) ?? 0) - power));
    come += more;
    if (more > 0) powers.set(operator, power + more);
  }
  return powers.size > 0 ? powers : new Map(seated.map(({ operator, power }) => [operator, power]));
}
