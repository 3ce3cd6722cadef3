import { parseAmount } from '#kernel';
import { declareValidator, type DeclarationKeys, type DeclarationTerms } from '../document/declaration.ts';
import type { GenesisValidator } from '../document/document.ts';
import { genesisError } from '../errors.ts';
import { NAME_BYTES_MAX, TEXT_BYTES_MAX } from '../limits.ts';
import { orElse } from './draft.ts';

/** What a founder sends to whoever collects: one declaration, and the chain that it is for. */
export interface DeclarationFile {
  readonly kind: 'bizra-declaration';
  readonly version: 1;
  readonly chainId: string;
  readonly validator: GenesisValidator;
}

/**
 * A founder's declaration, signed by operator and consensus key.
 *
 * @throws `genesis.declaration-refused` for terms that no genesis takes
 */
export function makeDeclaration(
  keys: DeclarationKeys,
  terms: DeclarationTerms,
  chainId: string,
): DeclarationFile {
  checkTerms(terms);
  return {
    kind: 'bizra-declaration',
    version: 1,
    chainId,
    validator: declareValidator(keys, terms, chainId),
  };
}

/** What can be said of terms alone; what depends on the genesis is found when declarations are collected. */
function checkTerms({ stake, commission, identity, peer }: DeclarationTerms): void {
  const refuse = (why: string) => genesisError('declaration-refused', why);
  const amount = orElse(
    () => parseAmount(stake),
    (why) => refuse(`the stake: ${why}`),
  );
  if (amount === 0n) throw refuse('the stake is 0: give what the operator puts at risk');
  const { rate, maxRate, maxDailyChange } = commission;
  for (const points of [rate, maxRate, maxDailyChange]) {
    if (!Number.isInteger(points) || points < 0 || points > 10_000)
      throw refuse(`the commission ${points} is not from 0 to 10000 basis points`);
  }
  if (rate > maxRate) throw refuse(`the commission of ${rate} basis points is above its largest, ${maxRate}`);
  if (identity.name === '') throw refuse('the name is empty');
  for (const [name, text] of Object.entries({ ...identity, peer })) {
    const max = name === 'name' ? NAME_BYTES_MAX : TEXT_BYTES_MAX;
    if (text !== undefined && Buffer.byteLength(text) > max)
      throw refuse(`${name} has more than ${max} bytes`);
  }
}
