import type { Clock, KeyType, SignatureCheck, SignatureVerifier } from '#kernel';
import { signatureError } from './errors.ts';
import { ANSWER, isPackable, packChecks } from './packed-checks.ts';
import { SlowBudget } from './slow-budget.ts';
import { verifySignature } from './verify-signature.ts';
import { VerifyWorkerPool } from './worker-pool.ts';

/** Checks in one job: about 10 ms of a worker, so that a big batch does not hold up small ones. */
const JOB_CHECKS_MAX: Readonly<Record<KeyType, number>> = { ed25519: 128, secp256k1: 40 };

export interface RuntimeVerifier extends SignatureVerifier {
  close(): Promise<void>;
}

/** A check and its place in the batch. */
interface Placed {
  readonly check: SignatureCheck;
  readonly index: number;
}

/**
 * The node's verifier, in worker threads for batches. Ed25519: libsodium first; what it rejects is decided by
 * ZIP-215, on a budget per source. secp256k1: libsecp256k1 decides, and the budget pays for what is invalid.
 *
 * @param options.workers threads for batches, at least 1
 */
export function createSignatureVerifier(options: { workers: number; clock: Clock }): RuntimeVerifier {
  const pool = new VerifyWorkerPool(options.workers);
  const budget = new SlowBudget(options.clock);

  /** Whether each is valid, in order. */
  async function answersOf(
    keyType: KeyType,
    placed: readonly Placed[],
    slow: boolean,
  ): Promise<readonly boolean[]> {
    const size = JOB_CHECKS_MAX[keyType];
    const jobs: Promise<Uint8Array>[] = [];
    for (let start = 0; start < placed.length; start += size) {
      const checks = placed.slice(start, start + size).map(({ check }) => check);
      jobs.push(pool.run({ keyType, packed: packChecks(keyType, checks), slow }));
    }
    const answers: boolean[] = [];
    for (const part of await Promise.all(jobs)) {
      for (const answer of part) answers.push(answer === ANSWER.valid);
    }
    return answers;
  }

  async function verifyEd25519(placed: readonly Placed[], source: string, valid: boolean[]): Promise<void> {
    const fast = await answersOf('ed25519', placed, false);
    const undecided = placed.filter(({ index }, position) => {
      valid[index] = fast[position] === true;
      return !valid[index];
    });
    if (undecided.length === 0) return;
    if (!budget.take(source, undecided.length)) throw exhausted(source, undecided.length);
    const slow = await answersOf('ed25519', undecided, true);
    for (const [position, { index }] of undecided.entries()) valid[index] = slow[position] === true;
  }

  /**
   * There is no cheap refusal here: a garbage signature costs as much as a valid one, four times an Ed25519 check.
   * So what turns out invalid is charged to the source, a few jobs at a time; past its budget the rest is not
   * looked at, nor anything more of the source until time has paid what it owes.
   */
  async function verifySecp256k1(placed: readonly Placed[], source: string, valid: boolean[]): Promise<void> {
    const wave = options.workers * JOB_CHECKS_MAX.secp256k1;
    for (let start = 0; start < placed.length; start += wave) {
      const some = placed.slice(start, start + wave);
      const answers = await answersOf('secp256k1', some, false);
      for (const [position, { index }] of some.entries()) valid[index] = answers[position] === true;
      const invalid = answers.filter((answer) => !answer).length;
      if (invalid > 0 && !budget.charge(source, invalid)) {
        throw exhausted(source, placed.length - start);
      }
    }
  }

  return {
    verify: verifySignature,
    async verifyBatch(checks, source) {
      const valid = new Array<boolean>(checks.length).fill(false);
      const ofType: Record<KeyType, Placed[]> = { ed25519: [], secp256k1: [] };
      for (const [index, check] of checks.entries()) {
        if (isPackable(check)) ofType[check.keyType ?? 'ed25519'].push({ check, index });
      }
      const { ed25519, secp256k1 } = ofType;
      if (secp256k1.length > 0 && budget.owes(source)) throw exhausted(source, secp256k1.length);
      await verifyEd25519(ed25519, source, valid);
      await verifySecp256k1(secp256k1, source, valid);
      return valid;
    },
    close: () => pool.close(),
  };
}

function exhausted(source: string, signatures: number) {
  return signatureError(
    'budget-exhausted',
    `${signatures} signatures from ${source} are left unchecked: too many of its signatures were invalid or needed a slow check; its budget for them refills with time`,
    { source, signatures },
  );
}
