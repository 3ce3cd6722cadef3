import { createHash } from 'node:crypto';
import type { Block, Commit } from '#services/block';
import type { Receipt, ReceiptEvent } from '#services/blockchain';
import type { ConsensusMessage } from '#services/consensus';
import type { ValidatorSet } from '#services/validator';

/** A signed proposal or vote that a node puts on the wire, whoever made it. */
export type Said = Exclude<ConsensusMessage, { kind: 'round-state' }>;

/** Why the life of a node ended. */
export type EndCause = 'kill' | 'power' | 'stop' | 'halt';

/** What happens in a run, as oracles hear it. `node` is the name of the machine. */
export type SimulationEvent =
  | {
      readonly kind: 'started';
      readonly node: string;
      readonly height: number;
      readonly stateRoot: string;
      /** In this life its state came from a snapshot. */
      readonly joinedByState: boolean;
      /** Of the height after. */
      readonly nextSet: ValidatorSet;
    }
  | { readonly kind: 'ended'; readonly node: string; readonly cause: EndCause; readonly error?: string }
  /** The operator removed the write-ahead log: what the validator was locked on is forgotten. */
  | { readonly kind: 'log-lost'; readonly node: string }
  | { readonly kind: 'said'; readonly node: string; readonly message: Said }
  /** A correct node was given a message of a validator that lies. */
  | { readonly kind: 'heard'; readonly node: string; readonly message: Said }
  | {
      readonly kind: 'final';
      readonly node: string;
      readonly block: Block;
      readonly commit: Commit;
      /** Roots after the block; that of the state is not made within a run of final blocks. */
      readonly stateRoot: string | undefined;
      readonly receiptRoot: string;
      /** By id of the transaction. */
      readonly receipts: ReadonlyMap<string, Receipt>;
      /** What happened before the transactions and after them. */
      readonly events: readonly ReceiptEvent[];
      /** The validators of the height after. */
      readonly nextSet: ValidatorSet;
    }
  | {
      readonly kind: 'submitted';
      readonly node: string;
      readonly id: string;
      readonly sender: string;
      readonly nonce: number;
      readonly validUntil: number;
      /** Code of the refusal; undefined when it was accepted. */
      readonly refused: string | undefined;
    }
  | { readonly kind: 'entered'; readonly node: string; readonly height: number; readonly round: number }
  | { readonly kind: 'gauge'; readonly node: string; readonly name: string; readonly value: number }
  | { readonly kind: 'fault'; readonly what: string; readonly node?: string }
  | { readonly kind: 'healed'; readonly height: number }
  | { readonly kind: 'stormed' };

const HASH_LINES = 512;

/** The hash of all events of a run, and the last of them as text. */
export class Trace {
  readonly #hash = createHash('sha256');
  readonly #last: string[] = [];
  #pending: string[] = [];
  events = 0;
  readonly #lines: number;

  /** @param lines of the end that are kept */
  constructor(lines: number) {
    this.#lines = lines;
  }

  /** @param keep false for what would fill the trace: it goes into the hash alone */
  add(atMs: number, text: string, keep = true): void {
    const line = `${(atMs % 1e9).toFixed(3)} ${text}`;
    this.events++;
    this.#pending.push(line);
    if (this.#pending.length >= HASH_LINES) this.#flush();
    if (!keep) return;
    this.#last.push(line);
    if (this.#last.length > 2 * this.#lines) this.#last.splice(0, this.#lines);
  }

  last(): readonly string[] {
    return this.#last.slice(-this.#lines);
  }

  digest(): string {
    this.#flush();
    return this.#hash.copy().digest('hex');
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    this.#hash.update(this.#pending.join('\n'));
    this.#pending = [];
  }
}
