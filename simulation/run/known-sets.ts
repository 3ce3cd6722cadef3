import { addressOfKey, toHex } from '#kernel';
import type { ValidatorSet } from '#services/validator';

/** A place in the set of a height. */
export interface SetMember {
  readonly power: number;
  readonly publicKey: Uint8Array;
  /** Of the consensus key and of the operator, in hex. */
  readonly address: string;
  readonly operator: string;
  /** The machine that holds the key; empty for nobody. */
  readonly node: string;
}

/**
 * The validator set of each height, as the first node told it that came there. Whether all nodes have the same, and
 * whether it is the right one, the oracle of validator sets judges.
 */
export class KnownSets {
  readonly #byHeight = new Map<number, readonly SetMember[]>();
  readonly #nodeOf: (publicKey: Uint8Array) => string;

  /** @param nodeOf name of the machine with a consensus key */
  constructor(nodeOf: (publicKey: Uint8Array) => string) {
    this.#nodeOf = nodeOf;
  }

  note(height: number, set: ValidatorSet): void {
    if (!this.#byHeight.has(height)) this.#byHeight.set(height, this.membersOf(set));
  }

  membersOf({ validators }: ValidatorSet): SetMember[] {
    return validators.map(({ power, publicKey, operator }) => ({
      power,
      publicKey,
      address: toHex(addressOfKey('ed25519', publicKey)),
      operator: toHex(operator),
      node: this.#nodeOf(publicKey),
    }));
  }

  /** In the order of the set; nobody while no node is there. */
  at(height: number): readonly SetMember[] {
    return this.#byHeight.get(height) ?? [];
  }
}
