import { equalBytes, err, ok, toHex, type Result, type SignatureCheck } from '#kernel';
import { isQuorum, voteDigest } from '#services/block/portable';
import type { ValidatorSet } from '#services/validator';
import { lightError } from '../errors.ts';
import type { LightBlock, TrustedState, Verification } from './types.ts';

/** What is left to do to verify a block: nothing helps, or these signatures must be valid, all of them. */
export type Plan =
  | { readonly kind: 'not-enough-trust' }
  | { readonly kind: 'check'; readonly checks: readonly SignatureCheck[] };

/**
 * Verifies everything about a light block but its signatures, against a state that is trusted, and chooses the
 * fewest signatures that would prove it. Pure: the same input gives the same plan.
 *
 * @param block of `makeLightBlock`
 * @returns `light.*` for a block that is forged or came at the wrong time
 * @see LCV-FUNC-VALID, https://github.com/cometbft/cometbft/blob/main/spec/light-client/verification/verification_001_published.md
 */
export function planVerification(
  trusted: TrustedState,
  block: LightBlock,
  verification: Verification,
): Result<Plan> {
  const timely = verifyTimes(trusted, block, verification);
  if (!timely.ok) return timely;
  const { header } = block;
  if (header.height === trusted.height + 1) {
    const follows = verifySuccessor(trusted, block);
    return follows.ok ? planQuorum(block, undefined, verification) : follows;
  }
  return planQuorum(block, trusted.validators, verification);
}

/** LIGHT-2: after the trusting period the validators of a trusted header may have taken their stake out. */
export function hasExpired(
  { timeMs }: TrustedState,
  { rules, nowMs }: Omit<Verification, 'identity'>,
): boolean {
  return timeMs + rules.trustingPeriodMs <= nowMs;
}

/** The plan for a block that is trusted by its hash: only that its own validators made it final. */
export function planOwnQuorum(block: LightBlock, verification: Verification): Result<Plan> {
  return planQuorum(block, undefined, verification);
}

function verifyTimes(
  trusted: TrustedState,
  { header }: LightBlock,
  { rules, nowMs }: Verification,
): Result<void> {
  const { height, timeMs } = header;
  if (hasExpired(trusted, { rules, nowMs })) {
    const message = `the trusted header of height ${trusted.height} is older than ${rules.trustingPeriodMs} ms; take a newer height and hash from a source that you trust`;
    return err(lightError('trust-expired', message, { height: trusted.height }));
  }
  // LIGHT-3: a header of the future would be trusted for longer than its validators can be punished.
  if (timeMs >= nowMs + rules.clockDriftMs) {
    const message = `the header of height ${height} is of ${timeMs}, more than ${rules.clockDriftMs} ms after now (${nowMs}); check the clock`;
    return err(lightError('from-the-future', message, { height, timeMs }));
  }
  // LIGHT-4: height and time only grow.
  if (height <= trusted.height || timeMs <= trusted.timeMs) {
    const message = `the header of height ${height} at ${timeMs} is not after the trusted one of height ${trusted.height} at ${trusted.timeMs}`;
    return err(lightError('wrong-order', message, { height, trusted: trusted.height }));
  }
  return ok(undefined);
}

/** LIGHT-5: the next header names the trusted one as its parent and the set that the trusted one announced. */
function verifySuccessor(trusted: TrustedState, { header }: LightBlock): Result<void> {
  const { height } = header;
  if (!equalBytes(header.validatorSetHash, trusted.nextValidatorSetHash)) {
    const message = `the header of height ${height} names the set ${toHex(header.validatorSetHash)}, the one before announced ${toHex(trusted.nextValidatorSetHash)}`;
    return err(lightError('wrong-validator-set', message, { height }));
  }
  if (!equalBytes(header.parentHash, trusted.blockHash)) {
    const message = `the header of height ${height} names the parent ${toHex(header.parentHash)}, trusted is ${toHex(trusted.blockHash)}`;
    return err(lightError('wrong-parent', message, { height }));
  }
  return ok(undefined);
}

/** Chooses signatures: for the share of the trusted power first, then for the block's own quorum. */
function planQuorum(
  { hash, header, commit, validators: set }: LightBlock,
  vouching: ValidatorSet | undefined,
  { identity, rules }: Verification,
): Result<Plan> {
  const { height } = header;
  const signers = set.validators.flatMap((validator, index) => {
    const signature = commit.signatures[index];
    return signature === undefined ? [] : [{ validator, signature }];
  });
  const claimed = signers.reduce((sum, { validator }) => sum + validator.power, 0);
  // LIGHT-7: counted before any signature is checked, so that what cannot suffice costs nothing.
  if (!isQuorum(claimed, set)) {
    const message = `the commit of height ${height} holds ${claimed} of ${set.totalPower} power, not more than 2/3`;
    return err(lightError('invalid-commit', message, { height }));
  }
  const chosen = new Set<(typeof signers)[number]>();
  if (vouching !== undefined) {
    // LIGHT-6: one of more than 1/3 of the trusted power is correct, and signs final headers only.
    const { numerator, denominator } = rules.trustLevel;
    const powers = new Map(vouching.validators.map(({ publicKey, power }) => [toHex(publicKey), power]));
    const voices = signers
      .map((signer) => ({ signer, power: powers.get(toHex(signer.validator.publicKey)) ?? 0 }))
      .filter(({ power }) => power > 0)
      .toSorted((a, b) => b.power - a.power);
    let trust = 0;
    for (const { signer, power } of voices) {
      if (trust * denominator > vouching.totalPower * numerator) break;
      trust += power;
      chosen.add(signer);
    }
    if (trust * denominator <= vouching.totalPower * numerator) return ok({ kind: 'not-enough-trust' });
  }
  let power = [...chosen].reduce((sum, { validator }) => sum + validator.power, 0);
  // The set is in the order of power: the fewest signatures come from its front.
  for (const signer of signers) {
    if (isQuorum(power, set)) break;
    if (chosen.has(signer)) continue;
    chosen.add(signer);
    power += signer.validator.power;
  }
  const vote = { kind: 'precommit' as const, height, round: commit.round, blockHash: hash };
  const digest = voteDigest(vote, identity.genesisHash);
  const checks = [...chosen].map(({ validator, signature }) => ({
    publicKey: validator.publicKey,
    digest,
    signature,
  }));
  return ok({ kind: 'check', checks });
}
