import type { Clock, SignatureCheck, SignatureVerifier } from '#kernel';
import { signatureError } from './errors.ts';
import { verifySignature } from './native-ed25519.ts';
import { ANSWER, isPackable, packChecks } from './packed-checks.ts';
import { SlowBudget } from './slow-budget.ts';
import { VerifyWorkerPool } from './worker-pool.ts';

/** Checks in one job: about 10 ms of a worker, so that a big batch does not hold up small ones. */
const JOB_CHECKS_MAX = 128;

export interface RuntimeVerifier extends SignatureVerifier {
  close(): Promise<void>;
}

/**
 * The node's verifier: libsodium first, in worker threads for batches; what it rejects is decided by ZIP-215,
 * on a budget per source.
 *
 * @param options.workers threads for batches, at least 1
 */
export function createSignatureVerifier(options: { workers: number; clock: Clock }): RuntimeVerifier {
  const pool = new VerifyWorkerPool(options.workers);
  const budget = new SlowBudget(options.clock);

  async function answersOf(checks: readonly SignatureCheck[], slow: boolean): Promise<boolean[]> {
    const jobs: Promise<Uint8Array>[] = [];
    for (let start = 0; start < checks.length; start += JOB_CHECKS_MAX) {
      jobs.push(pool.run({ packed: packChecks(checks.slice(start, start + JOB_CHECKS_MAX)), slow }));
    }
    const answers: boolean[] = [];
    for (const part of await Promise.all(jobs)) {
      for (const answer of part) answers.push(answer === ANSWER.valid);
    }
    return answers;
  }

  return {
    verify: verifySignature,
    async verifyBatch(checks, source) {
      const valid = new Array<boolean>(checks.length).fill(false);
      const packable = checks
        .map((check, index) => ({ check, index }))
        .filter(({ check }) => isPackable(check));
      const fast = await answersOf(
        packable.map(({ check }) => check),
        false,
      );
      const undecided = packable.filter(({ index }, position) => {
        valid[index] = fast[position] === true;
        return !valid[index];
      });
      if (undecided.length === 0) return valid;
      if (!budget.take(source, undecided.length)) {
        throw signatureError(
          'budget-exhausted',
          `${undecided.length} signatures from ${source} look invalid and its budget for a second look is spent`,
          { source, signatures: undecided.length },
        );
      }
      const slow = await answersOf(
        undecided.map(({ check }) => check),
        true,
      );
      for (const [position, { index }] of undecided.entries()) valid[index] = slow[position] === true;
      return valid;
    },
    close: () => pool.close(),
  };
}
