import { pointer, type Findings } from '../report/findings.ts';
import type { ConsensusFacts } from './check-consensus.ts';
import { identityOf, weaknessOf, type ForeignKey } from './keys.ts';

/** Names of key types in the consensus parameters. */
const TYPE_NAMES = { ed25519: 'ed25519', secp256k1: 'secp256k1', ethsecp256k1: 'secp256k1' } as const;

/** What validators of one list have to be different in. */
export class ValidatorRegistry {
  readonly #findings: Findings;
  readonly #facts: ConsensusFacts;
  readonly #keys = new Map<string, string>();
  readonly #operators = new Map<string, string>();
  readonly #names = new Map<string, string>();

  constructor(facts: ConsensusFacts, findings: Findings) {
    this.#facts = facts;
    this.#findings = findings;
  }

  key(key: ForeignKey, path: string): void {
    const weakness = weaknessOf(key);
    if (weakness !== undefined) this.#findings.add('foreign.key', path, weakness);
    const { keyTypes } = this.#facts;
    const accepted = keyTypes?.map((type) => type.slice(0, 40)).join(', ');
    if (keyTypes !== undefined && key.kind !== 'unknown') {
      const type = key.kind === 'multisig' ? 'multisig' : TYPE_NAMES[key.kind];
      if (!keyTypes.includes(type))
        this.#findings.add(
          'foreign.key-type',
          path,
          `the key is of the type ${type}; accepted are ${accepted}`,
        );
    }
    if (key.kind !== 'unknown')
      this.#once(this.#keys, identityOf(key), path, 'foreign.duplicate-key', 'the key');
  }

  operator(text: string, path: string): void {
    this.#once(this.#operators, text, path, 'foreign.duplicate-validator', text);
  }

  name(name: string, path: string): void {
    const plain = name.trim().toLowerCase();
    if (plain !== '')
      this.#once(this.#names, plain, path, 'foreign.duplicate-name', `the name "${name.slice(0, 80)}"`);
  }

  #once(
    seen: Map<string, string>,
    id: string,
    path: string,
    rule: 'foreign.duplicate-key' | 'foreign.duplicate-validator' | 'foreign.duplicate-name',
    what: string,
  ): void {
    const first = seen.get(id);
    if (first === undefined) seen.set(id, path);
    else this.#findings.add(rule, path, `${what} stands at ${first} already`);
  }
}

/** Place of a fault in a key. */
export function placeIn(path: string, at: readonly (string | number)[]): string {
  return at.reduce<string>((place, step) => pointer(place, step), path);
}
