import { parseAddress } from '#kernel';
import type { StakeQueries, ValidatorState } from '#services/validator';
import { gatewayError } from '../errors.ts';
import type { LedgerReader } from '../ports.ts';

/** Reads of stake at the tip: again when the tip moved meanwhile, so that height and values belong together. */
export async function atTip<Value>(
  ledger: LedgerReader,
  read: (stake: StakeQueries) => Promise<Value>,
): Promise<{ readonly height: number; readonly value: Value }> {
  for (;;) {
    const { height } = ledger.tip();
    const value = await read(ledger.stake());
    if (ledger.tip().height === height) return { height, value };
  }
}

/**
 * The validator of an address: that of a consensus key, which may be replaced by now, or of the operator.
 *
 * @throws `kernel.malformed-address`, `gateway.validator-not-found`
 */
export async function validatorOf(stake: StakeQueries, text: string): Promise<ValidatorState> {
  const address = parseAddress(text);
  const found = stake.validator(await operatorOf(stake, address));
  if (found !== undefined) return found;
  throw gatewayError(
    'validator-not-found',
    `${text} is neither the consensus address nor the operator of a registered validator`,
  );
}

async function operatorOf(stake: StakeQueries, address: Uint8Array): Promise<Uint8Array> {
  if (stake.validator(address) !== undefined) return address;
  return (await stake.operatorOfKey(address)) ?? address;
}
