import { pointer } from '../report/findings.ts';
import { memberOf, type Level } from './account-levels.ts';
import type { ForeignAddress } from './addresses.ts';
import type { AccountContext } from './check-accounts.ts';
import type { ForeignCoin } from './coins.ts';
import { shown } from './encoding.ts';
import { readInt64 } from './numbers.ts';
import { isShape } from './shape.ts';
import { balanceOf } from './read-accounts.ts';

/** Checks the vesting schedule of an account that has one, flat or nested. */
export function checkVesting(
  levels: readonly Level[],
  place: (at: string) => string,
  address: ForeignAddress | undefined,
  context: AccountContext,
): void {
  const { accounts, findings } = context;
  const start = readTimeOf(levels, 'start_time', place, context);
  const end = readTimeOf(levels, 'end_time', place, context);
  const found = memberOf(levels, 'original_vesting');
  if (found === undefined) return;
  const coinsOf = (name: string): readonly ForeignCoin[] => {
    const member = memberOf(levels, name);
    return accounts.coinReader.list(member?.value, () => place(member?.at ?? `/${name}`));
  };
  const original = coinsOf('original_vesting');
  const [vesting, free] = [coinsOf('delegated_vesting'), coinsOf('delegated_free')];
  if (original.length === 0) return;
  const endPath = place(memberOf(levels, 'end_time')?.at ?? '/end_time');
  if (accounts.form === 'flat' && end === 0n)
    findings.add('foreign.vesting', endPath, 'the schedule has no end');
  else if (start !== undefined && end !== undefined && start > 0n && end > 0n && start >= end)
    findings.add('foreign.vesting', endPath, `the schedule ends at ${end}, and begins at ${start}`);
  for (const { denom, amount } of original) {
    const delegated = amountOf(vesting, denom);
    if (delegated > amount)
      findings.add(
        'foreign.vesting',
        place(memberOf(levels, 'delegated_vesting')?.at ?? ''),
        `${delegated} ${denom} of those that vest are delegated; ${amount} vest in all`,
      );
    const account = address === undefined ? undefined : accounts.byText.get(address.text);
    const held = balanceOf(account, denom) + delegated + amountOf(free, denom);
    const isOver =
      context.genesisTime !== undefined && end !== undefined && end > 0n && end <= context.genesisTime;
    if (amount > held && !context.isExported && !isOver)
      findings.add(
        'foreign.vesting-not-held',
        place(found.at),
        `${amount} ${denom} vest; the account holds and has delegated ${held}`,
      );
  }
  checkPeriods(levels, place, { start, end, original }, context);
}

function readTimeOf(
  levels: readonly Level[],
  name: string,
  place: (at: string) => string,
  { findings }: AccountContext,
): bigint | undefined {
  const found = memberOf(levels, name);
  const seconds = found === undefined ? undefined : readInt64(found.value);
  if (found === undefined || (seconds !== undefined && seconds >= 0n)) return seconds;
  findings.add(
    'foreign.number',
    place(found.at),
    `${shown(found.value)} is not a time in seconds since 1970`,
  );
  return undefined;
}

interface Schedule {
  readonly start: bigint | undefined;
  readonly end: bigint | undefined;
  readonly original: readonly ForeignCoin[];
}

/** Periods add up to the whole schedule, in time and in coins. */
function checkPeriods(
  levels: readonly Level[],
  place: (at: string) => string,
  { start, end, original }: Schedule,
  { accounts, findings }: AccountContext,
): void {
  const found = memberOf(levels, 'vesting_periods');
  if (!Array.isArray(found?.value) || found.value.length === 0) return;
  let length = 0n;
  const sums = new Map<string, bigint>();
  for (const [i, period] of (found.value as unknown[]).entries()) {
    const path = place(pointer(found.at, i));
    const seconds = isShape(period) ? readInt64(period['length']) : undefined;
    if (seconds === undefined || seconds < 0n)
      findings.add('foreign.number', pointer(path, 'length'), 'expected the length of the period in seconds');
    length += seconds ?? 0n;
    const coins = accounts.coinReader.list(isShape(period) ? period['amount'] : undefined, () =>
      pointer(path, 'amount'),
    );
    for (const { denom, amount } of coins) sums.set(denom, (sums.get(denom) ?? 0n) + amount);
  }
  if (start !== undefined && end !== undefined && start + length !== end)
    findings.add(
      'foreign.vesting',
      place(found.at),
      `the periods end at ${start + length}; the schedule ends at ${end}`,
    );
  for (const denom of new Set([...sums.keys(), ...original.map((coin) => coin.denom)])) {
    const [sum, whole] = [sums.get(denom) ?? 0n, amountOf(original, denom)];
    if (sum !== whole)
      findings.add(
        'foreign.vesting',
        place(found.at),
        `the periods release ${sum} ${denom}; ${whole} vest in all`,
      );
  }
}

function amountOf(coins: readonly ForeignCoin[], denomination: string): bigint {
  return coins.find(({ denom }) => denom === denomination)?.amount ?? 0n;
}
