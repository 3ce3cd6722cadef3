import { formatAddress, type CodedError } from '#kernel';
import type { RegisterPayload } from '#services/transaction';
import { stakeError, validatorError } from '../../errors.ts';
import { VALIDATORS_MAX } from '../../limits.ts';
import type { StakePool, ValidatorRecord } from '../records/records.ts';
import { POOLS, REPUTATIONS, TOTALS, VALIDATORS } from '../records/tables.ts';
import { NEW_REPUTATION } from '../reputation.ts';
import { addStake } from '../stake.ts';
import { takeKey } from './consensus-key.ts';
import type { OperationContext } from './context.ts';
import { checkCommission, checkIdentity } from './terms.ts';

const EMPTY_POOL: StakePool = {
  stake: 0n,
  shares: 0n,
  selfShares: 0n,
  ratio: 0n,
  carry: 0n,
  rewards: 0n,
  fraction: 0n,
  commission: 0n,
  unbondingPools: 0,
  redelegationsOut: 0,
};

/**
 * VAL-1: makes the sender the operator of a validator. It is inactive until a set is decided that holds it.
 *
 * @returns `validator.operator-taken`, `.too-many-validators`, `.malformed-identity`, `.commission-range`,
 *   `.self-stake-too-small`, `.key-used`, `stake.insufficient-balance`, and those of `addStake`
 */
export function register(context: OperationContext, payload: RegisterPayload): CodedError | undefined {
  const { view, parameters, place, sender } = context;
  const refused = refuse(context, payload) ?? takeKey(view, sender, payload.publicKey);
  if (refused !== undefined) return refused;
  const { publicKey, identity, commission, minSelfStake, stake } = payload;
  const record: ValidatorRecord = {
    publicKey,
    status: 'inactive',
    identity,
    identityHeight: 0,
    commission,
    commissionChangedMs: 0,
    minSelfStake,
    jailedUntilMs: 0,
    isExiting: false,
    registeredHeight: place.height,
  };
  view.set(VALIDATORS, record, sender);
  view.set(POOLS, EMPTY_POOL, sender);
  view.set(REPUTATIONS, NEW_REPUTATION, sender);
  const totals = view.need(TOTALS);
  view.set(TOTALS, { ...totals, validators: totals.validators + 1 });
  const failed = addStake(view, parameters, { operator: sender, delegator: sender, amount: stake });
  if (failed !== undefined) return failed;
  view.debit(sender, stake);
  view.emit('validator.registered', {
    validator: formatAddress(sender),
    name: identity.name,
    stake: stake.toString(),
  });
  return undefined;
}

function refuse(
  { view, parameters, sender }: OperationContext,
  { identity, commission, minSelfStake, stake }: RegisterPayload,
): CodedError | undefined {
  if (view.get(VALIDATORS, sender) !== undefined) {
    return validatorError(
      'operator-taken',
      `${formatAddress(sender)} operates a validator already: an account operates one`,
    );
  }
  if (view.need(TOTALS).validators >= VALIDATORS_MAX) {
    return validatorError(
      'too-many-validators',
      `${VALIDATORS_MAX} validators are registered: wait until one has left`,
    );
  }
  const malformed = checkIdentity(identity) ?? checkCommission(commission);
  if (malformed !== undefined) return malformed;
  const least = minSelfStake > parameters.minSelfStake ? minSelfStake : parameters.minSelfStake;
  if (minSelfStake < parameters.minSelfStake || stake < least) {
    return validatorError(
      'self-stake-too-small',
      `the stake is ${stake} and its minimum ${minSelfStake}; the chain asks for ${parameters.minSelfStake}, and the stake must reach both`,
      { stake: stake.toString(), least: least.toString() },
    );
  }
  if (view.balanceOf(sender) >= stake) return undefined;
  return stakeError('insufficient-balance', `the balance does not cover the stake of ${stake}`);
}
