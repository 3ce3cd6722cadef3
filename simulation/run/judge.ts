import { ORACLES } from '../oracles/index.ts';
import type { Oracle, OracleContext } from '../oracles/oracle.ts';
import type { SimulationEvent } from './events.ts';

/** What an oracle found wrong. */
export interface Finding {
  readonly oracle: string;
  readonly what: string;
}

/** Lets all oracles judge, and keeps what was found first. */
export class Judge {
  readonly #oracles: readonly Oracle[];
  finding: Finding | undefined;

  constructor(context: OracleContext) {
    this.#oracles = ORACLES.map((make) => make(context));
  }

  observe(event: SimulationEvent): void {
    if (this.finding !== undefined) return;
    for (const oracle of this.#oracles) this.#note(oracle.id, oracle.observe(event));
  }

  get isSettled(): boolean {
    return this.#oracles.every((oracle) => oracle.isSettled?.() ?? true);
  }

  /** True while a node that acknowledged the transaction has not lost it. */
  isOwed(id: string): boolean {
    return this.#oracles.some((oracle) => oracle.isOwed?.(id) ?? false);
  }

  /** What the run itself finds, in the name of an oracle. */
  report(oracle: string, what: string): void {
    this.#note(oracle, what);
  }

  async finish(): Promise<void> {
    for (const oracle of this.#oracles) this.#note(oracle.id, await oracle.finish?.());
  }

  #note(oracle: string, what: string | undefined): void {
    if (what !== undefined) this.finding ??= { oracle, what };
  }
}
