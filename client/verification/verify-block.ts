import { err, ok, type Result, type SignatureVerifier } from '#kernel';
import type { ChainIdentity } from '#services/transaction/portable';
import { planOwnQuorum, planVerification, type Plan } from '../domain/plan-verification.ts';
import type { LightBlock, TrustedState, VerificationRules } from '../domain/types.ts';
import { lightError } from '../errors.ts';

/** What verifying needs; all of it is a parameter, so that it runs on virtual time. */
export interface VerifyContext {
  readonly identity: ChainIdentity;
  readonly rules: VerificationRules;
  readonly clock: { now(): number };
  readonly verifier: Pick<SignatureVerifier, 'verifyBatch'>;
}

export type Verdict = 'verified' | 'not-enough-trust';

/** Verifies a light block against a trusted state, signatures included. Changes nothing. */
export function verifyLightBlock(
  context: VerifyContext,
  trusted: TrustedState,
  block: LightBlock,
): Promise<Result<Verdict>> {
  return carryOut(context, block, planVerification(trusted, block, verificationNow(context)));
}

/** Verifies only that the block's own validators made it final: for a block that is trusted by its hash. */
export function verifyOwnQuorum(context: VerifyContext, block: LightBlock): Promise<Result<Verdict>> {
  return carryOut(context, block, planOwnQuorum(block, verificationNow(context)));
}

function verificationNow({ identity, rules, clock }: VerifyContext) {
  return { identity, rules, nowMs: clock.now() };
}

/** LIGHT-8: every signature that counts is checked by ZIP-215; those beyond the need are left alone. */
async function carryOut(
  { verifier }: VerifyContext,
  { header }: LightBlock,
  plan: Result<Plan>,
): Promise<Result<Verdict>> {
  if (!plan.ok) return plan;
  if (plan.value.kind === 'not-enough-trust') return ok('not-enough-trust');
  const valid = await verifier.verifyBatch(plan.value.checks, 'light');
  const wrong = valid.findIndex((answer) => !answer);
  if (wrong < 0) return ok('verified');
  const message = `the commit of height ${header.height} has an invalid signature`;
  return err(lightError('invalid-commit', message, { height: header.height }));
}
