import { hash, invariant, toHex, utf8 } from '#kernel';
import type { ConsensusEvent } from '#services/consensus';
import type { WideRequest } from './request.ts';
import type { Usage } from './run-wide.ts';

export interface WideReport {
  readonly request: WideRequest;
  /** Milliseconds from the first validator's start of a height to the block's finality at each validator. */
  readonly finalityMs: Quantiles;
  /** Rounds that heights took: 1 when the first proposal was decided. */
  readonly rounds: { readonly mean: number; readonly max: number };
  /** Milliseconds from one height's start to the next one's, on average. */
  readonly heightMs: number;
  /** A validator's bytes on the wire for a height, on average. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Messages that reach a validator in a height, and the pieces in which they come. */
  readonly messages: number;
  readonly pieces: number;
  readonly roundStates: number;
  /** Messages that a validator sends on to others that lack them, in a height. */
  readonly relayed: number;
  /** Milliseconds of a validator's thread for a height, and the share of its time. */
  readonly cpuMs: number;
  readonly cpuShare: number;
  readonly offences: number;
  /** Milliseconds of virtual time, of the measured heights. */
  readonly virtualMs: number;
  /** Hash of who made what final when: the same request gives the same one. */
  readonly hash: string;
}

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

interface Final {
  readonly validator: number;
  readonly atMs: number;
}

interface HeightNotes {
  startedAtMs: number;
  blockHash: string | undefined;
  rounds: number;
  readonly finals: Final[];
}

/** Hears what the validators tell of themselves, and sums it up. */
export class HeightRecord {
  readonly #heights = new Map<number, HeightNotes>();
  failure: Error | undefined;

  fail(error: Error): void {
    this.failure ??= error;
  }

  /** Validators that have the height final. */
  finalAt(height: number): number {
    return this.#heights.get(height)?.finals.length ?? 0;
  }

  hear(validator: number, atMs: number, event: ConsensusEvent): void {
    if (event.kind === 'entered' && event.step === 'propose' && event.round === 0) {
      const notes = this.#notes(event.height);
      notes.startedAtMs = Math.min(notes.startedAtMs, atMs);
    }
    if (event.kind !== 'finalised') return;
    const notes = this.#notes(event.height);
    notes.blockHash ??= event.blockHash;
    if (notes.blockHash !== event.blockHash) {
      this.fail(
        new Error(`two blocks are final at height ${event.height}: the protocol or the model is wrong`),
      );
    }
    notes.rounds = Math.max(notes.rounds, event.round + 1);
    notes.finals.push({ validator, atMs });
  }

  /** @param from the first height that counts */
  report(
    request: WideRequest,
    from: number,
    usage: { before: Usage; after: Usage; machines: number },
  ): WideReport {
    const { heights } = request;
    const measured = Array.from({ length: heights }, (_, index) => this.#notes(from + index));
    const finality = measured.flatMap(({ startedAtMs, finals }) =>
      finals.map(({ atMs }) => atMs - startedAtMs),
    );
    const [first, last] = [measured[0], measured.at(-1)];
    invariant(first !== undefined && last !== undefined, 'at least one height is measured');
    const lastFinalMs = Math.max(...last.finals.map(({ atMs }) => atMs));
    const { before, after, machines } = usage;
    const each = (of: (usage: Usage) => number): number => (of(after) - of(before)) / machines / heights;
    const virtualMs = after.atMs - before.atMs;
    return {
      request,
      finalityMs: quantilesOf(finality),
      rounds: {
        mean: measured.reduce((sum, { rounds }) => sum + rounds, 0) / heights,
        max: Math.max(...measured.map(({ rounds }) => rounds)),
      },
      heightMs: (lastFinalMs - first.startedAtMs) / heights,
      bytesUp: each(({ bytesUp }) => bytesUp),
      bytesDown: each(({ bytesDown }) => bytesDown),
      messages: each(({ messages }) => messages),
      pieces: each(({ pieces }) => pieces),
      roundStates: each(({ roundStates }) => roundStates),
      relayed: each(({ relayed }) => relayed),
      cpuMs: each(({ busyMs }) => busyMs),
      cpuShare: (each(({ busyMs }) => busyMs) * heights) / virtualMs,
      offences: after.offences,
      virtualMs,
      hash: this.#digest(),
    };
  }

  #notes(height: number): HeightNotes {
    const known = this.#heights.get(height);
    if (known !== undefined) return known;
    const notes: HeightNotes = { startedAtMs: Infinity, blockHash: undefined, rounds: 0, finals: [] };
    this.#heights.set(height, notes);
    return notes;
  }

  #digest(): string {
    const lines = [...this.#heights].map(
      ([height, { startedAtMs, blockHash, finals }]) =>
        `${height} ${startedAtMs} ${blockHash ?? ''} ${finals.map(({ validator, atMs }) => `${validator}@${atMs}`).join(' ')}`,
    );
    return toHex(hash('merkle-leaf', utf8(lines.join('\n')))).slice(0, 16);
  }
}

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
