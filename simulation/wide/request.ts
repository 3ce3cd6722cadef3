/** One run of a wide network. The same request gives the same report. */
export interface WideRequest {
  readonly seed: number;
  /** 4 to 2,000, of equal power, over the five regions in turn. */
  readonly validators: number;
  /** Heights that are measured, after one that is not. */
  readonly heights: number;
  /** Megabits a second of every machine's uplink, and of its downlink. */
  readonly megabits: number;
  /** Transfers in each block; every mempool holds them. */
  readonly transactions: number;
  /** Every third machine has a quarter of the thread and of the links. */
  readonly hasSlowThird: boolean;
  /** Percent of the validators that are not there, 0 to 33, drawn by the seed. */
  readonly awayPercent: number;
}

export const WIDE_DEFAULTS: Omit<WideRequest, 'validators'> = {
  seed: 1,
  heights: 3,
  megabits: 1_000,
  transactions: 200,
  hasSlowThird: false,
  awayPercent: 0,
};
