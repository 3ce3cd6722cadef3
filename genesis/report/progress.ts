/** What validation is at, in this order, for people; a document that ends early skips the rest. */
const STAGES = {
  json: 'reading',
  values: 'reading accounts and validators',
  rules: 'checking accounts and validators',
  signatures: 'checking signatures',
  hash: 'hashing',
  state: 'building the state',
} as const;
export type JudgeStage = keyof typeof STAGES;

/** Hears how far a validation got: the stage, and the part of it that is done, 0 to 1. */
export type ProgressListener = (stage: JudgeStage, fraction: number) => void;

/** How far a validation is, for people: `checking signatures 40 %`. */
export function describeProgress(stage: JudgeStage, fraction: number): string {
  return `${STAGES[stage]} ${Math.round(fraction * 100)} %`;
}

/** Stages of fewer items are over before anybody could read how far they are. */
const ITEMS_SHOWN = 1_000;

/** Tells a listener of every stage, and of every percent of a long one. */
export class Progress {
  readonly #listener: ProgressListener | undefined;
  #stage: JudgeStage = 'json';
  #percent = 0;

  constructor(listener: ProgressListener | undefined) {
    this.#listener = listener;
  }

  enter(stage: JudgeStage): void {
    this.#stage = stage;
    this.#percent = 0;
    this.#listener?.(stage, 0);
  }

  at(done: number, total: number): void {
    if (this.#listener === undefined || total < ITEMS_SHOWN) return;
    const percent = Math.floor((done * 100) / total);
    if (percent === this.#percent) return;
    this.#percent = percent;
    this.#listener(this.#stage, percent / 100);
  }
}

/** Of a validation that nobody watches. */
export const IDLE = new Progress(undefined);
