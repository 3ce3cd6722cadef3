import { toHex } from '#kernel';
import type { EconomyParameters } from '../../domain/parameters.ts';
import { addressOf } from './economy.ts';

/** Base units are multiples of this: the model divides where the ledger has shares, and rounds far below a unit. */
const ONE = 2n ** 96n;

interface ModelValidator {
  readonly stakes: Map<string, bigint>;
  readonly missed: Set<number>;
  rate: number;
  state: 'free' | 'jailed' | 'tombstoned';
}

interface Leaving {
  readonly validator: string;
  readonly account: string;
  readonly epoch: number;
  readonly endMs: number;
  amount: bigint;
}

interface Moved extends Leaving {
  readonly destination: string;
}

/**
 * The economy by its plain definition: who owns how much of what, in fractions of a base unit, worked out for every
 * account at every event. No shares, no pools, no running sums.
 */
export class EconomyModel {
  readonly validators = new Map<string, ModelValidator>();
  readonly liquid = new Map<string, bigint>();
  readonly parameters: EconomyParameters;
  leaving: Leaving[] = [];
  moved: Moved[] = [];
  /** First heights of the sets that were decided, by epoch. */
  readonly #inForce: number[] = [0];
  #epochStart = 1;
  burnt = 0n;

  constructor(parameters: EconomyParameters) {
    this.parameters = parameters;
  }

  get epoch(): number {
    return this.#inForce.length - 1;
  }

  add(account: string, units: bigint): void {
    this.#give(account, units * ONE);
  }

  #give(account: string, amount: bigint): void {
    this.liquid.set(account, (this.liquid.get(account) ?? 0n) + amount);
  }

  register(name: string, units: bigint, rate = 0): void {
    const validator = { stakes: new Map(), missed: new Set<number>(), rate, state: 'free' as const };
    this.validators.set(name, this.validators.get(name) ?? validator);
    this.bond(name, name, units);
  }

  of(name: string): ModelValidator {
    return this.validators.get(name) as ModelValidator;
  }

  bond(account: string, validator: string, units: bigint): void {
    this.#give(account, -units * ONE);
    this.#change(validator, account, units * ONE);
  }

  #change(validator: string, account: string, amount: bigint): void {
    const { stakes } = this.of(validator);
    const rest = (stakes.get(account) ?? 0n) + amount;
    // What the ledger no longer shows as a unit it lets go of.
    if (rest <= 0n) stakes.delete(account);
    else stakes.set(account, rest);
  }

  unbond(account: string, validator: string, units: bigint, endMs: number): void {
    this.#change(validator, account, -units * ONE);
    this.leaving.push({ validator, account, epoch: this.epoch, endMs, amount: units * ONE });
  }

  cancel(account: string, validator: string, units: bigint, endMs: number): void {
    let left = units * ONE;
    for (const entry of this.leaving) {
      if (entry.account !== account || entry.validator !== validator || entry.endMs !== endMs) continue;
      const taken = entry.amount < left ? entry.amount : left;
      entry.amount -= taken;
      left -= taken;
    }
    this.#change(validator, account, units * ONE);
  }

  redelegate(account: string, source: string, destination: string, units: bigint, endMs: number): void {
    const amount = units * ONE;
    this.#change(source, account, -amount);
    this.#change(destination, account, amount);
    this.moved.push({ validator: source, account, destination, epoch: this.epoch, endMs, amount });
  }

  /** A commit: what its block brings goes to those who signed, in proportion to power, and on to who staked. */
  pay(
    units: bigint,
    committee: readonly { readonly name: string; readonly power: number }[],
    absent: ReadonlySet<string>,
  ) {
    const total = committee.reduce((sum, { power }) => sum + BigInt(power), 0n);
    for (const { name, power } of committee) {
      const validator = this.of(name);
      if (absent.has(name) || validator.state !== 'free') continue;
      const whole = (units * ONE * BigInt(power)) / total;
      const kept = (whole * BigInt(validator.rate)) / 10_000n;
      this.#give(name, kept);
      const stake = this.stakeOf(name);
      for (const [account, part] of validator.stakes) this.#give(account, ((whole - kept) * part) / stake);
    }
  }

  stakeOf(name: string): bigint {
    return [...this.of(name).stakes.values()].reduce((sum, part) => sum + part, 0n);
  }

  /** The blocks of the window that a validator missed, this one among them; true when it is one too many. */
  miss(name: string, height: number): boolean {
    const { missed } = this.of(name);
    missed.add(height);
    const { signedBlocksWindow: size, minSignedBasisPoints } = this.parameters;
    const recent = [...missed].filter((other) => other > height - size);
    return recent.length > size - Math.round((size * minSignedBasisPoints) / 10_000);
  }

  /**
   * Stake behind the power at a height loses its part; what left before the set of the height was decided does not,
   * unless the power is more than all that came after.
   */
  slash(
    name: string,
    { power, height, basisPoints }: { power: number; height: number; basisPoints: number },
  ): void {
    const since = this.#inForce.findLastIndex((first) => first <= height);
    const part = (amount: bigint): bigint => (amount * BigInt(basisPoints)) / 10_000n;
    const behind = BigInt(power) * this.parameters.powerReduction * ONE;
    let budget = part(behind);
    const answering = this.#answering(name, since, behind);
    const take = (amount: bigint): bigint => {
      const taken = amount < budget ? amount : budget;
      budget -= taken;
      this.burnt += taken;
      return taken;
    };
    const epochs = new Map<number, Leaving[]>();
    for (const entry of this.leaving) {
      if (entry.validator !== name) continue;
      epochs.set(entry.epoch, [...(epochs.get(entry.epoch) ?? []), entry]);
    }
    // What left in one epoch bears alike.
    for (const [epoch, entries] of [...epochs].toSorted(([x], [y]) => x - y)) {
      const whole = entries.reduce((sum, { amount }) => sum + amount, 0n);
      const cut = take(part(answering(epoch, whole)));
      for (const entry of entries) entry.amount -= whole === 0n ? 0n : (cut * entry.amount) / whole;
    }
    // Where the budget ends among moves, it does in the order of their keys.
    const place = ({ account, destination }: Moved): string =>
      toHex(addressOf(account)) + toHex(addressOf(destination));
    for (const move of this.moved.toSorted((x, y) =>
      place(x) < place(y) ? -1 : Number(place(x) > place(y)),
    )) {
      if (move.validator !== name) continue;
      const owed = part(answering(move.epoch, move.amount));
      const due = owed < budget ? owed : budget;
      move.amount -= due;
      const staked = this.of(move.destination).stakes.get(move.account) ?? 0n;
      const bonded = due < staked ? due : staked;
      this.#change(move.destination, move.account, -bonded);
      take(bonded);
      let left = due - bonded;
      for (const entry of this.leaving.toReversed()) {
        if (entry.validator !== move.destination || entry.account !== move.account) continue;
        const taken = entry.amount < left ? entry.amount : left;
        entry.amount -= taken;
        left -= take(taken);
      }
    }
    const stake = this.stakeOf(name);
    const cut = take(part(stake));
    for (const [account, staked] of this.of(name).stakes)
      this.of(name).stakes.set(account, staked - (cut * staked) / stake);
  }

  /** How much of what left in an epoch is behind the power: all of it since the decision, before it what is lacking. */
  #answering(name: string, since: number, behind: bigint): (epoch: number, amount: bigint) => bigint {
    const left = [...this.leaving, ...this.moved].filter(({ validator }) => validator === name);
    const sumOf = (epoch: number): bigint =>
      left.filter((one) => one.epoch === epoch).reduce((sum, { amount }) => sum + amount, 0n);
    const parts = new Map<number, readonly [part: bigint, whole: bigint]>();
    let lacking = behind - this.stakeOf(name);
    for (let epoch = this.#inForce.length; epoch >= 0; epoch--) {
      const whole = sumOf(epoch);
      const least = lacking < whole ? lacking : whole;
      const amount = epoch >= since ? whole : least > 0n ? least : 0n;
      parts.set(epoch, [amount, whole]);
      lacking -= amount;
    }
    return (epoch, amount) => {
      const [part, whole] = parts.get(epoch) ?? [0n, 0n];
      return whole === 0n ? 0n : (amount * part) / whole;
    };
  }

  release(timeMs: number): void {
    for (const { account, endMs, amount } of this.leaving) if (endMs <= timeMs) this.#give(account, amount);
    this.leaving = this.leaving.filter(({ endMs }) => endMs > timeMs);
    this.moved = this.moved.filter(({ endMs }) => endMs > timeMs);
  }

  endBlock(height: number): void {
    const { epochBlocks, activationDelayBlocks } = this.parameters;
    if (height !== this.#epochStart + epochBlocks) return;
    this.#epochStart = height;
    this.#inForce.push(height + 1 + activationDelayBlocks);
  }

  /** Whole base units that an account has bonded to a validator. */
  bonded(validator: string, account: string): bigint {
    return (this.of(validator).stakes.get(account) ?? 0n) / ONE;
  }

  /** Whole base units of an account's balance, when it has withdrawn all of its rewards. */
  balance(account: string): bigint {
    return (this.liquid.get(account) ?? 0n) / ONE;
  }

  unbonding(validator: string, account: string): bigint {
    return (
      this.leaving
        .filter((entry) => entry.validator === validator && entry.account === account)
        .reduce((sum, { amount }) => sum + amount, 0n) / ONE
    );
  }

  /** Whole base units that were burnt. */
  burntUnits(): bigint {
    return this.burnt / ONE;
  }
}
