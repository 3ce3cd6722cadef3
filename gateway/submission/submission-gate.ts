import { gatewayError } from '../errors.ts';

/** Bounds the transactions that wait for the mempool's verdict, over all requests. */
export class SubmissionGate {
  #inFlight = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Runs `task` for `count` transactions when there is room.
   *
   * @throws `gateway.busy` at once when there is none: the client keeps its transactions and tries again
   */
  async pass<Value>(count: number, task: () => Promise<Value>): Promise<Value> {
    if (this.#inFlight > 0 && this.#inFlight + count > this.#max) {
      throw gatewayError(
        'busy',
        `${this.#inFlight} transactions wait to be checked; send this submission again in a second`,
        { retryAfterSeconds: 1, inFlight: this.#inFlight },
      );
    }
    this.#inFlight += count;
    try {
      return await task();
    } finally {
      this.#inFlight -= count;
    }
  }
}
