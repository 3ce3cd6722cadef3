import { addressOfKey, compareBytes, equalBytes, formatAddress } from '#kernel';
import type {
  DelegationState,
  Performance,
  Progress,
  SlashRecord,
  StakeQueries,
  UnbondingState,
  ValidatorState,
} from '#services/validator';

const NO_POOL = {
  selfShares: 0n,
  ratio: 0n,
  carry: 0n,
  rewards: 0n,
  fraction: 0n,
  commission: 0n,
  unbondingPools: 0,
  redelegationsOut: 0,
};

/** A registered validator of the test. */
export function validatorOfTest(
  operator: Uint8Array,
  given: {
    readonly name: string;
    readonly key: number;
    readonly stake?: bigint;
    readonly power?: number;
    readonly score?: number;
    readonly status?: ValidatorState['record']['status'];
  },
): ValidatorState {
  const { name, stake = 10n, power = 0, score = 500_000, status = 'inactive' } = given;
  const publicKey = new Uint8Array(32).fill(given.key);
  const membership = { publicKey, power };
  return {
    operator,
    record: {
      publicKey,
      status,
      identity: { name, website: 'https://example.org', contact: '', description: '', location: '' },
      identityHeight: 0,
      commission: { rate: 500, maxRate: 1_000, maxDailyChange: 100 },
      commissionChangedMs: 0,
      minSelfStake: 1n,
      jailedUntilMs: status === 'jailed' ? 1_700_000_600_000 : 0,
      isExiting: false,
      registeredHeight: 0,
    },
    pool: { ...NO_POOL, stake, shares: stake, selfShares: stake / 2n },
    seat:
      power === 0
        ? undefined
        : {
            current: membership,
            before: membership,
            next: membership,
            checkpoint: 0n,
            missedReward: 0n,
            commitsFrom: 2,
            votes: 1,
            missed: 2,
            proposed: 1,
            proposalsMissed: 1,
          },
    reputation: {
      score,
      signing: [1_000_000, 900_000, 800_000],
      proposals: 500_000,
      faults: 0,
      cleanEpochs: 3,
      tenureEpochs: 4,
    },
    commissionDue: 17n,
  };
}

/** Stake of the test, in memory; counts what is read of it. */
export class FakeStake implements StakeQueries {
  readonly registered: ValidatorState[] = [];
  readonly bonded: DelegationState[] = [];
  readonly releasing: UnbondingState[] = [];
  readonly epochs: (Performance & { readonly epoch: number })[] = [];
  readonly slashed: (SlashRecord & { readonly height: number })[] = [];
  /** Consensus keys that were replaced, by address as text. */
  readonly oldKeys = new Map<string, Uint8Array>();
  /** Lists of all validators that were made. */
  lists = 0;
  /** The most that was asked for at once. */
  largestPage = 0;

  validator(operator: Uint8Array): ValidatorState | undefined {
    return this.registered.find((state) => equalBytes(state.operator, operator));
  }

  validators(): ValidatorState[] {
    this.lists++;
    return this.registered;
  }

  async operatorOfKey(key: Uint8Array): Promise<Uint8Array | undefined> {
    const own = this.registered.find(({ record }) =>
      equalBytes(addressOfKey('ed25519', record.publicKey), key),
    );
    return own?.operator ?? this.oldKeys.get(formatAddress(key));
  }

  async delegations(operator: Uint8Array, page: { after?: Uint8Array; limit: number }) {
    const own = this.bonded.filter((delegation) => equalBytes(delegation.operator, operator));
    return this.#page(own, page, ({ delegator }) => delegator);
  }

  async delegationsOf(account: Uint8Array, page: { after?: Uint8Array; limit: number }) {
    return this.#held(this.bonded, account, page);
  }

  async unbondingsOf(account: Uint8Array, page: { after?: Uint8Array; limit: number }) {
    return this.#held(this.releasing, account, page);
  }

  /** As the store does it: the page is of the validators that the account is tied to in either way. */
  #held<Item extends { operator: Uint8Array; delegator: Uint8Array }>(
    items: readonly Item[],
    account: Uint8Array,
    page: { after?: Uint8Array; limit: number },
  ) {
    const ties = new Map(
      [...this.bonded, ...this.releasing]
        .filter(({ delegator }) => equalBytes(delegator, account))
        .map(({ operator }) => [formatAddress(operator), operator] as const),
    );
    const all = this.#page([...ties.values()], { ...page, limit: page.limit + 1 }, (operator) => operator);
    const operators = all.slice(0, page.limit);
    const held = items.filter(
      ({ operator, delegator }) =>
        equalBytes(delegator, account) && operators.some((tied) => equalBytes(tied, operator)),
    );
    return { items: held, next: all.length > page.limit ? operators.at(-1) : undefined };
  }

  #page<Item>(
    items: readonly Item[],
    { after, limit }: { after?: Uint8Array; limit: number },
    keyOf: (item: Item) => Uint8Array,
  ): Item[] {
    this.largestPage = Math.max(this.largestPage, limit);
    return items
      .toSorted((a, b) => compareBytes(keyOf(a), keyOf(b)))
      .filter((item) => after === undefined || compareBytes(keyOf(item), after) > 0)
      .slice(0, limit);
  }

  async performance(_operator: Uint8Array, range: { from: number; to: number; limit: number }) {
    this.largestPage = Math.max(this.largestPage, range.limit);
    return this.epochs.filter(({ epoch }) => epoch >= range.from && epoch <= range.to).slice(0, range.limit);
  }

  async slashes(_operator: Uint8Array, { upTo = Infinity, limit }: { upTo?: number; limit: number }) {
    this.largestPage = Math.max(this.largestPage, limit);
    return this.slashed.filter(({ height }) => height <= upTo).slice(0, limit);
  }

  progress(): Progress {
    return {
      epoch: 7,
      epochStart: 3,
      setSince: 2,
      appliesAt: 0,
      commits: 5,
      rewardPerPower: 0n,
      rewardCarry: 0n,
      missedCarry: 0n,
      turns: [],
    };
  }

  totals() {
    const none = { bonded: 0n, unbonding: 0n, rewards: 0n, communityPool: 0n };
    return { ...none, issued: 10n ** 30n, minted: 0n, burnt: 0n, validators: this.registered.length };
  }

  async *holdings(): AsyncGenerator<{ account: Uint8Array; amount: bigint }> {
    // Nobody asks for it at the edge.
  }
}
