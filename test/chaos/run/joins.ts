import { chaosError } from '../errors.ts';
import type { ChaosNode } from '../nodes/chaos-node.ts';
import { msUntil } from './await-condition.ts';
import type { RunContext } from './run-context.ts';

/** For the height at which a node joins to come, and again for the node to have it. */
const JOIN_MS = 120_000;

/** The nodes that join while the chain runs. */
export class Joins {
  readonly #context: RunContext;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #joins: Promise<void>[] = [];
  readonly #waiting = new Set<string>();
  #failure: unknown;

  constructor(context: RunContext) {
    this.#context = context;
    this.#signal = AbortSignal.any([context.signal, this.#stopping.signal]);
  }

  /** Starts the node when the chain has the height. */
  add(node: ChaosNode, startAt: number): void {
    this.#waiting.add(node.name);
    const join = this.#join(node, startAt)
      .catch((error: unknown) => (this.#failure ??= error))
      .then(() => void this.#waiting.delete(node.name));
    this.#joins.push(join);
  }

  /** @throws why a node did not join */
  failIfAny(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Waits until all have joined.
   *
   * @throws `chaos.not-in-time`
   */
  async done(): Promise<void> {
    const ms = await msUntil(() => this.#waiting.size === 0, JOIN_MS * 2, this.#signal);
    this.failIfAny();
    if (ms !== undefined) return;
    throw chaosError('not-in-time', `the height never came at which ${[...this.#waiting].join(', ')} joins`);
  }

  /** Starts no node any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#joins);
  }

  async #join(node: ChaosNode, startAt: number): Promise<void> {
    const { watch, report } = this.#context;
    await msUntil(() => watch.height >= startAt, Infinity, this.#signal);
    report.note(`${node.name} joins at height ${watch.height}`);
    await node.start();
    const goal = watch.height;
    const ms = await msUntil(() => watch.heightOf(node.name) >= goal, JOIN_MS, this.#signal);
    if (ms === undefined) {
      throw chaosError('not-in-time', `${node.name} did not reach height ${goal} after it joined`);
    }
    report.note(`${node.name} has height ${goal} after ${ms} ms`);
  }
}
