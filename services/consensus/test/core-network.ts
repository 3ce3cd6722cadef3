import assert from 'node:assert/strict';
import { step } from '../domain/core.ts';
import { idleState, type CoreState } from '../domain/state.ts';
import type {
  CoreEffect,
  CoreInput,
  CoreProposal,
  CoreVote,
  HeightSetting,
  Timeout,
  Value,
} from '../domain/types.ts';

const HEIGHT = 1;

/** Mulberry32: a small seeded generator, enough for schedules. */
export function seeded(seed: number): (maxExclusive: number) => number {
  let state = seed >>> 0;
  return (maxExclusive) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % maxExclusive;
  };
}

type Message =
  | { readonly kind: 'proposal'; readonly proposal: CoreProposal; readonly from: number }
  | { readonly kind: 'vote'; readonly vote: CoreVote };

interface Node {
  readonly index: number;
  state: CoreState;
  timers: Timeout[];
  /** Everything it was given, for replay. */
  readonly inputs: CoreInput[];
  readonly known: Map<string, Message>;
  /** Votes it asked for, by place: a second, different one is a contradiction. */
  readonly said: Map<string, Value | undefined>;
  decided: { round: number; value: Value } | undefined;
}

export interface Scenario {
  readonly powers: readonly number[];
  readonly byzantine: ReadonlySet<number>;
  readonly random: (maxExclusive: number) => number;
  /** Chances in a hundred. */
  readonly loss: number;
  readonly duplication: number;
  readonly crash: number;
}

/** Values that start so are invalid: no correct node may decide one. */
const INVALID = 'bad';

/** N cores, a bag of messages in flight, and an adversary with a seed. */
export class CoreNetwork {
  readonly nodes: Node[] = [];
  readonly #scenario: Scenario;
  #flight: { to: number; message: Message }[] = [];
  #calm = false;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    for (const index of scenario.powers.keys()) {
      if (scenario.byzantine.has(index)) continue;
      const node: Node = {
        index,
        state: idleState,
        timers: [],
        inputs: [],
        known: new Map(),
        said: new Map(),
        decided: undefined,
      };
      this.nodes.push(node);
      this.#feed(node, { kind: 'start-height', setting: this.#setting(index) });
    }
  }

  /**
   * Loss, duplication, reordering, early timeouts, crashes and misbehaviour. Time goes by in phases; in each, some
   * messages do not get through: that is what makes nodes lock on values that others never hear of.
   */
  chaos(phases: number): void {
    const { random, byzantine, crash } = this.#scenario;
    for (let phase = 0; phase < phases; phase++) {
      const passes = this.#randomFilter();
      const events = 10 + random(60);
      for (let event = 0; event < events; event++) {
        const node = this.nodes[random(this.nodes.length)] as Node;
        if (random(100) < crash) this.#restart(node);
        if (byzantine.size > 0 && random(100) < 20) this.#misbehave();
        if (random(100) < 4) this.#feed(node, { kind: 'transactions-available', height: HEIGHT });
        if (random(100) < 8 || !this.#deliverAny(passes)) this.#fireAny(node);
      }
    }
  }

  /** Which messages get through for a while. */
  #randomFilter(): (to: number, message: Message) => boolean {
    const { random, powers } = this.#scenario;
    const lucky = random(powers.length);
    const side = (index: number) => (lucky + index) % 2;
    const fromOf = (message: Message) => (message.kind === 'vote' ? message.vote.validator : message.from);
    const isPrecommit = (message: Message) => message.kind === 'vote' && message.vote.kind === 'precommit';
    const filters: ((to: number, message: Message) => boolean)[] = [
      () => true,
      (to, message) => !isPrecommit(message) || to === lucky,
      (to) => to !== lucky,
      (to, message) => message.kind === 'proposal' || isPrecommit(message) || to === lucky,
      (to, message) => side(to) === side(fromOf(message)),
      (to, message) => message.kind === 'vote' || to === lucky,
    ];
    return filters[random(filters.length)] as (to: number, message: Message) => boolean;
  }

  /** The network heals: whatever any node knows reaches all, and timeouts fire only when nothing is left to do. */
  heal(rounds: number): void {
    this.#calm = true;
    for (let turn = 0; turn < rounds && this.nodes.some((node) => node.decided === undefined); turn++) {
      this.#exchangeAll();
      while (this.#flight.length > 0) this.#deliver(0);
      for (const node of this.nodes) for (const timeout of node.timers.splice(0)) this.#fire(node, timeout);
    }
  }

  checkSafety(): void {
    const decisions = this.nodes.map((node) => node.decided).filter((decision) => decision !== undefined);
    assert.equal(new Set(decisions.map(({ value }) => value)).size <= 1, true, 'two values were decided');
    for (const { value } of decisions) assert.equal(value.startsWith(INVALID), false, `decided ${value}`);
  }

  #setting(index: number): HeightSetting {
    const { powers } = this.#scenario;
    const totalPower = powers.reduce((sum, power) => sum + power, 0);
    return { height: HEIGHT, powers, totalPower, self: index, proposerOf: (round) => round % powers.length };
  }

  #feed(node: Node, input: CoreInput): void {
    node.inputs.push(input);
    const { state, effects } = step(node.state, input);
    node.state = state;
    for (const effect of effects) this.#perform(node, effect);
  }

  #perform(node: Node, effect: CoreEffect): void {
    switch (effect.kind) {
      case 'propose': {
        const { round, polRound } = effect;
        const value = effect.value ?? `v${round}`;
        const message: Message = {
          kind: 'proposal',
          from: node.index,
          proposal: { round, value, polRound, timely: true },
        };
        return this.#broadcast(node, message);
      }
      case 'vote': {
        const place = `${effect.vote}:${effect.round}`;
        if (node.said.has(place))
          assert.equal(node.said.get(place), effect.value, `contradiction at ${place}`);
        node.said.set(place, effect.value);
        const { vote: kind, round, value } = effect;
        return this.#broadcast(node, { kind: 'vote', vote: { kind, round, value, validator: node.index } });
      }
      case 'schedule-timeout':
        node.timers.push(effect.timeout);
        return;
      case 'validate':
        return this.#feed(node, {
          kind: 'validated',
          height: HEIGHT,
          value: effect.value,
          valid: !effect.value.startsWith(INVALID),
        });
      case 'commit':
        assert.equal(node.decided, undefined, 'decided twice');
        node.decided = { round: effect.round, value: effect.value };
        return;
      case 'halt':
        throw new Error(`node ${node.index} halted on ${effect.value}`);
      case 'entered':
      case 'evidence':
        return;
    }
  }

  #broadcast(from: Node, message: Message): void {
    this.#receive(from, message);
    for (const node of this.nodes) if (node !== from) this.#flight.push({ to: node.index, message });
  }

  #receive(node: Node, message: Message): void {
    node.known.set(JSON.stringify(message), message);
    if (message.kind === 'proposal') {
      this.#feed(node, { kind: 'proposal', height: HEIGHT, proposal: message.proposal });
    } else this.#feed(node, { kind: 'vote', height: HEIGHT, vote: message.vote });
  }

  /** Delivers, loses or repeats one message that gets through; false when there is none. */
  #deliverAny(passes: (to: number, message: Message) => boolean): boolean {
    const { random, duplication, loss } = this.#scenario;
    const candidates = [...this.#flight.keys()].filter((index) => {
      const { to, message } = this.#flight[index] as { to: number; message: Message };
      return passes(to, message);
    });
    const index = candidates[random(Math.max(1, candidates.length))];
    if (index === undefined) return false;
    const chance = random(100);
    if (chance < loss) this.#flight.splice(index, 1);
    else this.#deliver(index, chance < loss + duplication);
    return true;
  }

  #deliver(index: number, keep = false): void {
    const { to, message } = this.#flight[index] as { to: number; message: Message };
    if (!keep) this.#flight.splice(index, 1);
    const node = this.nodes.find((candidate) => candidate.index === to);
    if (node !== undefined) this.#receive(node, message);
  }

  #fireAny(node: Node): void {
    const [timeout] = node.timers.splice(this.#scenario.random(Math.max(1, node.timers.length)), 1);
    if (timeout !== undefined) this.#fire(node, timeout);
  }

  #fire(node: Node, timeout: Timeout): void {
    this.#feed(node, { kind: 'timeout', height: HEIGHT, timeout });
  }

  /** A crash and a replay of the log must lead to the same state, having asked for the same votes. */
  #restart(node: Node): void {
    let state = idleState;
    for (const input of node.inputs) ({ state } = step(state, input));
    assert.deepEqual({ ...state, setting: 0 }, { ...node.state, setting: 0 });
    node.state = state;
  }

  /** A validator of the adversary says anything to anyone; its signature binds it to its own name only. */
  #misbehave(): void {
    const { random, byzantine, powers } = this.#scenario;
    const names = [...byzantine];
    const validator = names[random(names.length)] as number;
    const to = (this.nodes[random(this.nodes.length)] as Node).index;
    const top = Math.max(...this.nodes.map((node) => node.state.round));
    const round = random(4) === 0 ? random(top + 3) : top;
    const values = [undefined, `${INVALID}${round}`, `v${round}`, `w${round}`, ...this.#valuesSeen()];
    const value = values[random(values.length)];
    if (random(3) > 0) {
      const kind = random(2) === 0 ? 'prevote' : 'precommit';
      this.#flight.push({ to, message: { kind: 'vote', vote: { kind, round, value, validator } } });
      return;
    }
    const mine = round - (round % powers.length) + validator;
    const polRound = random(2) === 0 ? -1 : random(mine + 1) - 1;
    const proposal = { round: mine, value: value ?? 'w', polRound, timely: true };
    this.#flight.push({ to, message: { kind: 'proposal', proposal, from: validator } });
  }

  #valuesSeen(): Value[] {
    return this.nodes.flatMap((node) => [...node.state.validity.keys()]);
  }

  /** What the exchange of round states brings about: in time, everybody has what anybody has. */
  #exchangeAll(): void {
    for (const node of this.nodes) {
      for (const message of node.known.values()) {
        for (const other of this.nodes) {
          if (other !== node) this.#flight.push({ to: other.index, message });
        }
      }
    }
    assert.equal(this.#calm, true);
  }
}
