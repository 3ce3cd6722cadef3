import type { StateEngine } from '#engines/state';
import { concatBytes, toHex, uint64ToBytes } from '#kernel';
import { offencePrefix, stateKey } from '../domain/state-keys.ts';
import type { Offence, OffenceRecord } from '../domain/types.ts';
import { offenceRecord } from '../domain/values.ts';
import type { StateEntry } from './genesis-entries.ts';

/** For each offence whether the state at the tip has one of its validator, height and kind. */
export async function areRecorded(
  engine: Pick<StateEngine, 'getMany'>,
  offences: readonly Offence[],
): Promise<boolean[]> {
  const stored = await engine.getMany('state', offences.map(stateKey.offence));
  return stored.map((bytes) => bytes !== undefined);
}

/** The offences that a block at `height` records (EVID-12, EVID-14): each once, and none that is recorded. */
export async function recordOffences(
  engine: Pick<StateEngine, 'getMany'>,
  offences: readonly Offence[],
  height: number,
): Promise<{ records: readonly OffenceRecord[]; entries: readonly StateEntry[] }> {
  if (offences.length === 0) return { records: [], entries: [] };
  const recorded = await areRecorded(engine, offences);
  const fresh = new Map<string, { record: OffenceRecord; entry: StateEntry }>();
  for (const [index, offence] of offences.entries()) {
    const key = stateKey.offence(offence);
    if (recorded[index] === true || fresh.has(toHex(key))) continue;
    const record = { ...offence, recordedHeight: height };
    fresh.set(toHex(key), { record, entry: { key, value: offenceRecord.encode(record) } });
  }
  const all = [...fresh.values()];
  return { records: all.map(({ record }) => record), entries: all.map(({ entry }) => entry) };
}

/**
 * Offences of a validator at the tip, the latest height first.
 *
 * @param upTo only those of heights up to here, when given
 */
export async function readOffences(
  engine: Pick<StateEngine, 'rangeAll'>,
  validator: Uint8Array,
  { upTo = Number.MAX_SAFE_INTEGER, limit }: { upTo?: number; limit: number },
): Promise<OffenceRecord[]> {
  const prefix = offencePrefix(validator);
  const range = {
    gte: prefix,
    lte: concatBytes(prefix, uint64ToBytes(upTo), Uint8Array.of(0xff)),
    reverse: true,
    limit,
  };
  const entries = await engine.rangeAll('state', range);
  return entries.map(({ key, value }) => offenceRecord.decode(key, value));
}
