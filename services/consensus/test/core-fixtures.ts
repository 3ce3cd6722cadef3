import { step } from '../domain/core.ts';
import { idleState, type CoreState } from '../domain/state.ts';
import type { CoreEffect, CoreInput, HeightSetting, Value } from '../domain/types.ts';
import type { VoteKind } from '#services/block';

export const HEIGHT = 7;

/** A setting in which validator `round % n` proposes. */
export function settingOf(self: number | undefined, powers: readonly number[] = [1, 1, 1, 1]): HeightSetting {
  const totalPower = powers.reduce((sum, power) => sum + power, 0);
  return { height: HEIGHT, powers, totalPower, self, proposerOf: (round) => round % powers.length };
}

/** A core under test: feeds inputs and keeps the effects of the last one. */
export class CoreUnderTest {
  state: CoreState = idleState;
  effects: readonly CoreEffect[] = [];

  constructor(setting: HeightSetting) {
    this.feed({ kind: 'start-height', setting });
  }

  feed(input: CoreInput): this {
    const result = step(this.state, input);
    this.state = result.state;
    this.effects = result.effects;
    return this;
  }

  begin(): this {
    return this.feed({ kind: 'transactions-available', height: HEIGHT });
  }

  proposal(round: number, value: Value, options: { polRound?: number; timely?: boolean } = {}): this {
    const { polRound = -1, timely = true } = options;
    return this.feed({ kind: 'proposal', height: HEIGHT, proposal: { round, value, polRound, timely } });
  }

  validated(value: Value, valid = true): this {
    return this.feed({ kind: 'validated', height: HEIGHT, value, valid });
  }

  /** One vote a validator named. */
  votes(kind: VoteKind, round: number, value: Value | undefined, validators: readonly number[]): this {
    const effects: CoreEffect[] = [];
    for (const validator of validators) {
      this.feed({ kind: 'vote', height: HEIGHT, vote: { kind, round, value, validator } });
      effects.push(...this.effects);
    }
    this.effects = effects;
    return this;
  }

  timeout(kind: 'empty-block' | 'propose' | 'prevote' | 'precommit', round: number): this {
    return this.feed({ kind: 'timeout', height: HEIGHT, timeout: { kind, round } });
  }

  /** Votes asked for by the last input, as `prevote:0:value`. */
  get said(): string[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'vote' ? [`${effect.vote}:${effect.round}:${effect.value ?? 'nil'}`] : [],
    );
  }

  get timeouts(): string[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'schedule-timeout' ? [`${effect.timeout.kind}:${effect.timeout.round}`] : [],
    );
  }

  of<Kind extends CoreEffect['kind']>(kind: Kind): Extract<CoreEffect, { kind: Kind }>[] {
    return this.effects.filter(
      (effect): effect is Extract<CoreEffect, { kind: Kind }> => effect.kind === kind,
    );
  }
}
