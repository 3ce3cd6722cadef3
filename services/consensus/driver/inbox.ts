/**
 * The one queue before the core: own items first, then votes, then proposals, each in order of arrival.
 * Votes and proposals beyond their bound are refused; the exchange of round states brings them again.
 */
export class Inbox<Own, Vote, Proposal extends { readonly bytes: number }> {
  readonly #voteMax: number;
  readonly #proposalMax: number;
  readonly #proposalBytesMax: number;
  #own: Own[] = [];
  #votes: Vote[] = [];
  #proposals: Proposal[] = [];
  #proposalBytes = 0;
  #wake: (() => void) | undefined;

  /** @param proposalBytesMax of all proposals that wait, on the wire */
  constructor(voteMax: number, proposalMax: number, proposalBytesMax: number) {
    this.#voteMax = voteMax;
    this.#proposalMax = proposalMax;
    this.#proposalBytesMax = proposalBytesMax;
  }

  get length(): number {
    return this.#own.length + this.#votes.length + this.#proposals.length;
  }

  /** Of the proposals that wait, on the wire. */
  get bytes(): number {
    return this.#proposalBytes;
  }

  pushOwn(item: Own): void {
    this.#own.push(item);
    this.#signal();
  }

  pushVote(item: Vote): boolean {
    if (this.#votes.length >= this.#voteMax) return false;
    this.#votes.push(item);
    this.#signal();
    return true;
  }

  pushProposal(item: Proposal): boolean {
    if (this.#proposals.length >= this.#proposalMax) return false;
    if (this.#proposalBytes + item.bytes > this.#proposalBytesMax) return false;
    this.#proposals.push(item);
    this.#proposalBytes += item.bytes;
    this.#signal();
    return true;
  }

  /** Removes all own items, and of the others up to `count`; a flood of votes does not hold up every proposal. */
  take(count: number): { own: Own[]; votes: Vote[]; proposals: Proposal[] } {
    const own = take(this.#own, this.#own.length);
    const reserved = Math.min(this.#proposals.length, Math.ceil(count / 8));
    const votes = take(this.#votes, count - reserved);
    const proposals = take(this.#proposals, count - votes.taken.length);
    [this.#own, this.#votes, this.#proposals] = [own.rest, votes.rest, proposals.rest];
    for (const { bytes } of proposals.taken) this.#proposalBytes -= bytes;
    return { own: own.taken, votes: votes.taken, proposals: proposals.taken };
  }

  /** Resolves when something arrives or `wake` is called. */
  async arrival(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#signal();
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

function take<Item>(items: Item[], count: number): { taken: Item[]; rest: Item[] } {
  if (count <= 0) return { taken: [], rest: items };
  if (items.length <= count) return { taken: items, rest: [] };
  return { taken: items.slice(0, count), rest: items.slice(count) };
}
