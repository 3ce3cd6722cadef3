/** What validation is at, in this order; a document that ends early skips the rest. */
export const JUDGE_STAGES = ['json', 'values', 'rules', 'signatures', 'hash', 'state'] as const;
export type JudgeStage = (typeof JUDGE_STAGES)[number];

/** Hears how far a validation got: the stage, and the part of it that is done, 0 to 1. */
export type ProgressListener = (stage: JudgeStage, fraction: number) => void;

/** Tells a listener of every percent, not of every item. */
export class Progress {
  readonly #listener: ProgressListener | undefined;
  #stage: JudgeStage = 'json';
  #percent = -1;

  constructor(listener: ProgressListener | undefined) {
    this.#listener = listener;
  }

  enter(stage: JudgeStage): void {
    this.#stage = stage;
    this.#percent = -1;
    this.at(0, 1);
  }

  at(done: number, total: number): void {
    if (this.#listener === undefined) return;
    const percent = Math.floor((done * 100) / total);
    if (percent === this.#percent) return;
    this.#percent = percent;
    this.#listener(this.#stage, percent / 100);
  }
}

/** Of a validation that nobody watches. */
export const IDLE = new Progress(undefined);
