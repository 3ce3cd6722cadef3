import type { ChaosNode } from '../nodes/chaos-node.ts';
import type { Verdict } from '../run/report.ts';
import type { ChainWatch, FinalItem } from '../watch/chain-watch.ts';

const AT_ONCE = 16;

/** Adds up the fees of every final transaction, as the blocks state them. */
export class FeeCount {
  readonly #upTo = new Map<number, bigint>([[0, 0n]]);

  constructor(watch: ChainWatch) {
    watch.onBlock((height, items) => this.#count(height, items));
  }

  /** Fees of the heights up to this one; undefined for one that was not followed yet. */
  upTo(height: number): bigint | undefined {
    return this.#upTo.get(height);
  }

  #count(height: number, items: readonly FinalItem[]): void {
    const fees = items.reduce((sum, { fee = '0' }) => sum + BigInt(fee), 0n);
    this.#upTo.set(height, (this.#upTo.get(height - 1) ?? 0n) + fees);
  }
}

/** The balances of all accounts together at a height; undefined when an answer is missing. */
export async function totalOf(
  node: ChaosNode,
  accounts: readonly string[],
  height: number,
): Promise<bigint | undefined> {
  let sum = 0n;
  for (let from = 0; from < accounts.length; from += AT_ONCE) {
    const answers = await Promise.all(
      accounts
        .slice(from, from + AT_ONCE)
        .map((address) => node.get<{ balance: string }>(`/accounts/${address}?height=${height}`)),
    );
    for (const answer of answers) {
      if (answer === undefined) return undefined;
      sum += BigInt(answer.balance);
    }
  }
  return sum;
}

/** Nothing was made or lost: what all accounts have now, and what was paid in fees, is what they had at first. */
export async function checkSupply(options: {
  nodes: readonly ChaosNode[];
  accounts: readonly string[];
  height: number;
  fees: FeeCount;
  /** The total at height 1 without its fees, when the chain began. */
  before: bigint;
}): Promise<Verdict> {
  const { nodes, accounts, height, fees, before } = options;
  const invariant = 'nothing is made and nothing lost';
  const says: string[] = [];
  const paid = fees.upTo(height);
  if (paid === undefined) says.push(`the blocks up to height ${height} were not all read`);
  for (const node of nodes) {
    const now = await totalOf(node, accounts, height);
    if (now === undefined) says.push(`${node.name} did not give every balance at height ${height}`);
    else if (now + (paid ?? 0n) !== before) {
      says.push(
        `${node.name}: balances ${now} and fees ${paid} at height ${height}, ${before} at the beginning`,
      );
    }
  }
  const what = `${accounts.length} accounts and ${paid ?? 0n} paid in fees at height ${height} on ${nodes.length} nodes`;
  return { invariant, holds: says.length === 0, says: says.length === 0 ? [what] : says };
}
