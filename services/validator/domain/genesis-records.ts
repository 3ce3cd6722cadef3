import type { Amount } from '#kernel';
import { applySet, decideSet } from './epoch/decide.ts';
import { setOfView } from './epoch/seats.ts';
import { register } from './operations/register.ts';
import type { EconomyParameters } from './parameters.ts';
import type { Commission, Identity, StakeTotals } from './records/records.ts';
import { PROGRESS, TOTALS } from './records/tables.ts';
import { StakeView, type RecordChange } from './stake-view.ts';
import type { ValidatorSet } from './validator-set.ts';

/** A validator that the genesis declares. Its key's possession was proven there. */
export interface GenesisValidatorTerms {
  readonly operator: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly stake: Amount;
  readonly identity: Identity;
  readonly commission: Commission;
}

/** What a genesis makes of its declarations. */
export interface GenesisRecords {
  readonly records: readonly RecordChange[];
  readonly totals: StakeTotals;
  /** The validators of the first height. */
  readonly validators: ValidatorSet;
}

const NO_TOTALS: StakeTotals = {
  bonded: 0n,
  unbonding: 0n,
  rewards: 0n,
  communityPool: 0n,
  issued: 0n,
  minted: 0n,
  burnt: 0n,
  validators: 0,
};

/**
 * VAL-9: the declarations of a genesis, registered and chosen by the rules that hold for everyone after them. The
 * totals count the stakes alone as issued: whoever knows the balances adds them.
 *
 * @param initialHeight of the first block
 * @throws the `validator.*` or `stake.*` error of a declaration that the rules refuse; `validator.empty-set`
 */
export function genesisRecords(
  declared: readonly GenesisValidatorTerms[],
  parameters: EconomyParameters,
  { initialHeight, timeMs }: { readonly initialHeight: number; readonly timeMs: number },
): GenesisRecords {
  // Stakes have left the balances already: here they pass through.
  const staked = declared.reduce((sum, { stake }) => sum + stake, 0n);
  const balances = { balanceOf: () => staked, setBalance: () => {} };
  const view = new StakeView(new Map(), balances, () => true);
  view.set(TOTALS, { ...NO_TOTALS, issued: staked });
  view.set(PROGRESS, {
    epoch: 0,
    epochStart: initialHeight,
    setSince: 0,
    appliesAt: 0,
    commits: 0,
    rewardPerPower: 0n,
    rewardCarry: 0n,
    missedCarry: 0n,
    turns: [],
  });
  const place = { height: initialHeight - 1, timeMs };
  for (const { operator, publicKey, stake, identity, commission } of declared) {
    const { minSelfStake } = parameters;
    const proof = new Uint8Array(64);
    const failed = register(
      { view, parameters, place, sender: operator },
      { type: 'validator.register', publicKey, proof, identity, commission, minSelfStake, stake },
    );
    if (failed !== undefined) throw failed;
  }
  decideSet(view, parameters, initialHeight);
  applySet(view, initialHeight);
  return { records: view.changes(), totals: view.need(TOTALS), validators: setOfView(view, 'current') };
}
