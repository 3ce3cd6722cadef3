import { toHex } from '#kernel';
import { offenceKey, offencesOf, type Evidence } from '#services/block';
import { EVIDENCE_POOL_BYTES_MAX, EVIDENCE_POOL_MAX, EVIDENCE_PER_VALIDATOR_MAX } from '../limits.ts';

/** `known`: it is here, or proves nothing that what is here does not prove. */
export type AddOutcome = 'added' | 'known' | 'full';

/** A bounded collection of evidence, in order of arrival (EVID-16). */
export class PendingEvidence {
  readonly #items = new Map<string, Evidence>();
  /** Offences that an item proves first, and by which item. */
  readonly #offences = new Map<string, string>();
  readonly #perValidator = new Map<string, number>();
  #bytes = 0;

  get size(): number {
    return this.#items.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(hash: Uint8Array): boolean {
    return this.#items.has(toHex(hash));
  }

  list(): readonly Evidence[] {
    return [...this.#items.values()];
  }

  add(evidence: Evidence): AddOutcome {
    const id = toHex(evidence.hash);
    const offences = offencesOf(evidence);
    const fresh = offences.filter((offence) => !this.#offences.has(offenceKey(offence)));
    if (this.#items.has(id) || fresh.length === 0) return 'known';
    const validators = offences.map(({ validator }) => toHex(validator));
    // One validator that misbehaves without end must not keep out what others did.
    const isTooMuch =
      this.#items.size >= EVIDENCE_POOL_MAX ||
      this.#bytes + evidence.bytes.length > EVIDENCE_POOL_BYTES_MAX ||
      validators.every((validator) => this.#countOf(validator) >= EVIDENCE_PER_VALIDATOR_MAX);
    if (isTooMuch) return 'full';
    this.#items.set(id, evidence);
    this.#bytes += evidence.bytes.length;
    for (const offence of fresh) this.#offences.set(offenceKey(offence), id);
    for (const validator of validators) this.#perValidator.set(validator, this.#countOf(validator) + 1);
    return 'added';
  }

  /** True when it was here. */
  remove(evidence: Evidence): boolean {
    const id = toHex(evidence.hash);
    if (!this.#items.delete(id)) return false;
    this.#bytes -= evidence.bytes.length;
    for (const offence of offencesOf(evidence)) {
      const key = offenceKey(offence);
      if (this.#offences.get(key) === id) this.#offences.delete(key);
      const validator = toHex(offence.validator);
      const left = this.#countOf(validator) - 1;
      if (left > 0) this.#perValidator.set(validator, left);
      else this.#perValidator.delete(validator);
    }
    return true;
  }

  #countOf(validator: string): number {
    return this.#perValidator.get(validator) ?? 0;
  }
}
