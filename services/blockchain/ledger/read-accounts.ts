import type { StateEngine } from '#engines/state';
import { STATE_TAGS, addressInKey } from '../domain/state-keys.ts';
import type { Account } from '../domain/types.ts';
import { accountCodec } from '../domain/values.ts';

/** Every account of a state, by address: for exports, not for requests. */
export async function* readAccounts(
  engine: Pick<StateEngine, 'range'>,
): AsyncGenerator<{ readonly address: Uint8Array; readonly account: Account }> {
  const range = { gte: Uint8Array.of(STATE_TAGS.account), lt: Uint8Array.of(STATE_TAGS.account + 1) };
  for await (const { key, value } of engine.range('state', range)) {
    yield { address: addressInKey(key), account: accountCodec.decode(value) };
  }
}
