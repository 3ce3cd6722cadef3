import { formatAddress } from '#kernel';
import type { GenesisModel } from '../document/model.ts';
import { powerOf } from '../rules/check-validators.ts';
import type { ReportedValidator } from './report.ts';
import { shareOf } from './share.ts';

/** The validators that the document leads to, the strongest first; those that the set has no room for are left out. */
export function firstValidators(model: GenesisModel): readonly ReportedValidator[] {
  const ranked = model.validators
    .map((validator) => ({ validator, power: powerOf(model, validator) }))
    .filter(({ power }) => power > 0n)
    .toSorted((a, b) => (a.power > b.power ? -1 : Number(a.power < b.power)));
  const { maxValidators = BigInt(ranked.length) } = model.ledger;
  const active = ranked.slice(0, Number(maxValidators));
  const total = active.reduce((sum, { power }) => sum + power, 0n);
  return active.map(({ validator, power }) => ({
    name: validator.name,
    operator: validator.operator === undefined ? '' : formatAddress(validator.operator),
    stake: (validator.stake ?? 0n).toString(),
    power: power.toString(),
    share: shareOf(power, total),
  }));
}
