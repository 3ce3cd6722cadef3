import { equalBytes, err, ok, toHex, unreachable, type Result, type SignatureVerifier } from '#kernel';
import type { Validator, ValidatorSet } from '#services/validator';
import { blockError } from '../../errors.ts';
import { BLOCK_VERSION } from '../../limits.ts';
import { blockHash } from '../header.ts';
import { proposalDigest, voteDigest } from '../signed-bodies.ts';
import type { Commit } from '../types.ts';
import { verifyCommit } from '../verify-commit.ts';
import { compareChoices, compareOffers } from './codec.ts';
import { accountableFor, attackKind, attackSetOf, type FinalThere } from './light-client-attack.ts';
import type {
  AccountableValidator,
  DuplicateProposalEvidence,
  DuplicateVoteEvidence,
  Evidence,
  LightClientAttackEvidence,
} from './types.ts';

/** What the chain knows of the heights that evidence is about. */
export interface EvidenceHistory {
  readonly genesisHash: Uint8Array;
  readonly chainId: string;
  /** Validators of the evidence's height. */
  readonly set: ValidatorSet;
  /** Time of the block before the evidence's height. */
  readonly timeMs: number;
  /** What is final at the height of the conflicting header; for a light-client attack only. */
  readonly final: FinalThere | undefined;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
}

/**
 * Verifies evidence by itself, whatever its age and whether it is recorded. The same answer at every time and
 * on every node that has the history.
 *
 * @returns `block.invalid-evidence`, `block.evidence-unattributable`
 */
export function verifyEvidence(evidence: Evidence, history: EvidenceHistory): Result<void> {
  // EVID-5: what is recorded must be what the chain says.
  if (evidence.timeMs !== history.timeMs) {
    return invalid(evidence, `the block before its height has the time ${history.timeMs}`);
  }
  switch (evidence.kind) {
    case 'duplicate-vote':
      return verifyDuplicateVote(evidence, history);
    case 'duplicate-proposal':
      return verifyDuplicateProposal(evidence, history);
    case 'light-client-attack':
      return verifyLightClientAttack(evidence, history);
    default:
      return unreachable(evidence);
  }
}

/** EVID-3: two choices, both signed by one validator of the height. */
function verifyDuplicateVote(evidence: DuplicateVoteEvidence, history: EvidenceHistory): Result<void> {
  const { voteKind: kind, height, round, first, second } = evidence;
  if (compareChoices(first, second) >= 0)
    return invalid(evidence, 'its two votes are not two in their order');
  const validator = accountableIn(history.set, evidence.validator);
  if (validator === undefined) return invalid(evidence, 'its validator is not in the set of the height');
  for (const { blockHash, signature } of [first, second]) {
    const digest = voteDigest({ kind, height, round, blockHash }, history.genesisHash);
    if (!isSigned(validator, digest, signature, history)) return invalid(evidence, 'a signature is invalid');
  }
  return ok(undefined);
}

/**
 * EVID-4: two offers, both signed by one validator of the height. Whose turn it was does not matter: a correct
 * validator signs one proposal a round at most.
 */
function verifyDuplicateProposal(
  evidence: DuplicateProposalEvidence,
  history: EvidenceHistory,
): Result<void> {
  const { height, round, first, second } = evidence;
  if (compareOffers(first, second) >= 0) return invalid(evidence, 'its two proposals are not two in order');
  const validator = accountableIn(history.set, evidence.validator);
  if (validator === undefined) return invalid(evidence, 'its validator is not in the set of the height');
  for (const { polRound, blockHash, signature } of [first, second]) {
    const digest = proposalDigest({ height, round, polRound, blockHash }, history.genesisHash);
    if (!isSigned(validator, digest, signature, history)) return invalid(evidence, 'a signature is invalid');
  }
  return ok(undefined);
}

/** EVID-6 to EVID-9. */
function verifyLightClientAttack(
  evidence: LightClientAttackEvidence,
  history: EvidenceHistory,
): Result<void> {
  const { header, commit, height } = evidence;
  const { final, set: commonSet, verifier, genesisHash } = history;
  if (final === undefined) return invalid(evidence, 'no block is final at the height of its header');
  if (header.version !== BLOCK_VERSION || header.chainId !== history.chainId) {
    return invalid(evidence, 'its header is of another chain or version');
  }
  const conflicting = blockHash(header);
  if (equalBytes(conflicting, blockHash(final.header)))
    return invalid(evidence, 'its header is the final one');
  const attackSet = attackSetOf(evidence, final.set);
  if (!attackSet.ok) return attackSet;
  const expected = { set: attackSet.value, height: header.height, blockHash: conflicting };
  const kind = attackKind(evidence, final);
  // EVID-9: the common height is where header and chain still agreed.
  if (kind === 'lunatic' ? height >= header.height : height !== header.height) {
    return invalid(evidence, `height ${height} is not the common one of this attack (${kind})`);
  }
  const derived = accountableFor(kind, evidence, attackSet.value, final, commonSet);
  if (!sameAccountable(derived, evidence.accountable)) {
    return invalid(evidence, `it names other validators than the ${derived.length} that are accountable`);
  }
  const power = derived.reduce((total, validator) => total + validator.power, 0);
  // A light client that trusts the common height believes a third of its power, no less.
  if (kind === 'lunatic' && power * 3 <= commonSet.totalPower) {
    return invalid(evidence, 'no light client would have believed it: a third of the power or less signed');
  }
  // Theirs first: nobody can forge them, while signatures of invented validators cost nothing to make.
  const digest = precommitDigest(commit, genesisHash);
  const accountable = new Set(derived.map(({ address }) => toHex(address)));
  for (const [index, validator] of attackSet.value.validators.entries()) {
    const signature = commit.signatures[index];
    if (signature === undefined || !accountable.has(toHex(validator.address))) continue;
    if (!isSigned(validator, digest, signature, history)) return invalid(evidence, 'a signature is invalid');
  }
  const proven = verifyCommit(commit, { ...expected, genesisHash, verifier });
  if (!proven.ok) return invalid(evidence, proven.error.message);
  if (derived.length > 0) return ok(undefined);
  // EVID-8: who forgot its lock shows only in the votes of all rounds, which this does not hold.
  return err(
    blockError(
      'evidence-unattributable',
      `two blocks were decided at height ${header.height} in different rounds, and their commits alone do not ` +
        'say who broke its lock: keep the data of this node, and compare the votes of the validators',
      { height: header.height, kind },
    ),
  );
}

function precommitDigest({ height, round, blockHash: voted }: Commit, genesisHash: Uint8Array): Uint8Array {
  return voteDigest({ kind: 'precommit', height, round, blockHash: voted }, genesisHash);
}

function accountableIn(set: ValidatorSet, claimed: AccountableValidator): Validator | undefined {
  return set.validators.find(
    ({ address, power }) => equalBytes(address, claimed.address) && power === claimed.power,
  );
}

function sameAccountable(a: readonly AccountableValidator[], b: readonly AccountableValidator[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ address, power }, index) => {
      const other = b[index];
      return other !== undefined && other.power === power && equalBytes(other.address, address);
    })
  );
}

function isSigned(
  { publicKey }: Validator,
  digest: Uint8Array,
  signature: Uint8Array,
  { verifier }: EvidenceHistory,
): boolean {
  return verifier.verify({ publicKey, digest, signature });
}

function invalid(evidence: Evidence, what: string) {
  const { kind, height } = evidence;
  const details = { evidence: toHex(evidence.hash), kind, height };
  return err(
    blockError(
      'invalid-evidence',
      `the evidence of a ${kind} at height ${height} is invalid: ${what}`,
      details,
    ),
  );
}
