import { equalBytes, toHex } from '#kernel';
import { addressOfKey, err, isCodedError, ok, type Result } from '#kernel';
import { makeValidatorSet, type ValidatorSet } from '#services/validator';
import { blockError } from '../../errors.ts';
import type { Commit, Header } from '../types.ts';
import type { AccountableValidator, LightClientAttackEvidence } from './types.ts';

/** What the chain has as final at the heights of an attack. */
export interface FinalThere {
  readonly header: Header;
  /** The chain's own record of the commit: that in the block after. */
  readonly commit: Commit;
  readonly set: ValidatorSet;
}

/**
 * How a conflicting header that a quorum signed came about, by CometBFT's evidence specification: `lunatic`
 * when it does not follow from the state, `equivocation` when its signers decided twice in one round,
 * `amnesia` when they did so in different rounds.
 *
 * @see https://docs.cometbft.com/v0.38/spec/light-client/accountability
 */
export type AttackKind = 'lunatic' | 'equivocation' | 'amnesia';

/** EVID-6 to EVID-8. */
export function attackKind(
  attack: { readonly header: Header; readonly commit: Pick<Commit, 'round'> },
  final: Pick<FinalThere, 'header' | 'commit'>,
): AttackKind {
  // The next set is not among them: it follows from the block's own content, which honest proposers choose.
  const follows =
    equalBytes(attack.header.stateRoot, final.header.stateRoot) &&
    equalBytes(attack.header.receiptRoot, final.header.receiptRoot) &&
    equalBytes(attack.header.validatorSetHash, final.header.validatorSetHash);
  if (!follows) return 'lunatic';
  return attack.commit.round === final.commit.round ? 'equivocation' : 'amnesia';
}

/** The validators that the attack makes accountable, in the order of the set of the common height. */
export function accountableFor(
  kind: AttackKind,
  attack: Pick<LightClientAttackEvidence, 'commit'>,
  attackSet: ValidatorSet,
  final: FinalThere,
  commonSet: ValidatorSet,
): readonly AccountableValidator[] {
  if (kind === 'amnesia') return [];
  const signed = new Set<string>();
  for (const [index, { address }] of attackSet.validators.entries()) {
    const isSigner = attack.commit.signatures[index] !== undefined;
    const signedBoth = kind === 'lunatic' || final.commit.signatures[index] !== undefined;
    if (isSigner && signedBoth) signed.add(toHex(address));
  }
  return commonSet.validators
    .filter(({ address }) => signed.has(toHex(address)))
    .map(({ address, power }) => ({ address, power }));
}

/**
 * The set that signed the conflicting header: the one that comes with the evidence, or the chain's own.
 *
 * @returns `block.invalid-evidence` when the header names another
 */
export function attackSetOf(
  attack: Pick<LightClientAttackEvidence, 'header' | 'validators'>,
  own: ValidatorSet,
): Result<ValidatorSet> {
  const isOwn = equalBytes(attack.header.validatorSetHash, own.hash);
  if (isOwn !== (attack.validators.length === 0)) {
    return invalid('it carries a validator set exactly when the header names another than the chain has');
  }
  if (isOwn) return ok(own);
  try {
    const set = makeValidatorSet(
      attack.validators.map(({ publicKey, power }) => {
        const address = addressOfKey('ed25519', publicKey);
        return { address, publicKey, power, operator: address, name: '' };
      }),
    );
    const inOrder = set.validators.every((validator, index) =>
      equalBytes(validator.publicKey, attack.validators[index]?.publicKey ?? new Uint8Array(0)),
    );
    if (inOrder && equalBytes(set.hash, attack.header.validatorSetHash)) return ok(set);
  } catch (error) {
    if (!isCodedError(error)) throw error;
  }
  return invalid('its validators are not the set that the header names');
}

function invalid(what: string) {
  return err(blockError('invalid-evidence', `the evidence of a light-client attack is invalid: ${what}`));
}
