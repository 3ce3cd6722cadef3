import { CodedError } from '#kernel';

/** Something stored that is not what it must be. */
export interface Fault {
  /** Code of the error family. */
  readonly code: string;
  /** What is at fault: a height, a record, a key in hex. */
  readonly where: string;
  readonly message: string;
}

/** The first faults that a verification finds; there may be millions, and a few say what is wrong. */
export class Faults {
  readonly #most: number;
  readonly #found: Fault[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get found(): readonly Fault[] {
    return this.#found;
  }

  /** No more are kept: the verification may end. */
  get isFull(): boolean {
    return this.#found.length >= this.#most;
  }

  add(code: string, where: string, message: string): void {
    if (!this.isFull) this.#found.push({ code, where, message });
  }

  /**
   * What `read` gives; a fault, and undefined, when what is stored cannot even be read. Stored bytes are hostile here:
   * whatever they make a reader throw is their fault.
   */
  async guard<Value>(code: string, where: string, read: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await read();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.add(error instanceof CodedError ? error.code : code, where, message);
      return undefined;
    }
  }
}

/** Called on the way with what is done and all that there is to do, in steps of its own. */
export type VerifyProgress = (done: number, total: number) => void;
