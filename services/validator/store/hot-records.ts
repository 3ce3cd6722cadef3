import { invariant, toHex } from '#kernel';
import {
  POOLS,
  PROGRESS,
  REPUTATIONS,
  SEATS,
  STAKE_TAGS,
  TOTALS,
  VALIDATORS,
  addressIn,
  type Table,
} from '../domain/records/tables.ts';
import type { StakePool, ValidatorRecord } from '../domain/records/records.ts';
import type { AtHand, RecordChange } from '../domain/stake-view.ts';
import { endOfPrefix, type RecordReader } from './record-reader.ts';

/** Tables that nearly every block reads: all of their records stay in memory, a few for each validator. */
const HOT_TABLES = [VALIDATORS, POOLS, SEATS, REPUTATIONS, PROGRESS, TOTALS] as const;
const HOT_TAGS: ReadonlySet<number> = new Set(HOT_TABLES.map(({ name }) => STAKE_TAGS[name]));

/** The records of the hot tables at one height, by the hex of their keys. */
export type HotRecords = ReadonlyMap<string, AtHand>;

/** True for a key whose record, when it is not among the hot ones, is absent. */
export function isHot(key: Uint8Array): boolean {
  return HOT_TAGS.has(key[0] ?? 0);
}

export async function readHot(reader: RecordReader): Promise<HotRecords> {
  const records = new Map<string, AtHand>();
  for (const table of HOT_TABLES) {
    const prefix = table.prefixOf();
    for (const { key, value } of await reader.range(prefix, endOfPrefix(prefix)))
      records.set(toHex(key), { key, value: table.decode(value) });
  }
  return records;
}

/** The hot records after a block's changes. What reads the ones before goes on undisturbed. */
export function withChanges(before: HotRecords, changes: readonly RecordChange[]): HotRecords {
  const records = new Map(before);
  for (const { key, bytes, value } of changes) {
    if (!isHot(key)) continue;
    if (bytes === undefined) records.delete(toHex(key));
    else records.set(toHex(key), { key, value });
  }
  return records;
}

/** A record of a hot table; undefined when there is none. */
export function hotRecord<Id extends readonly (Uint8Array | number)[], Value>(
  hot: HotRecords,
  { keyOf }: Table<Id, Value>,
  ...id: Id
): Value | undefined {
  return hot.get(toHex(keyOf(...id)))?.value as Value | undefined;
}

/** A record of a hot table that must be there. */
export function needHot<Id extends readonly (Uint8Array | number)[], Value>(
  hot: HotRecords,
  table: Table<Id, Value>,
  ...id: Id
): Value {
  const value = hotRecord(hot, table, ...id);
  invariant(value !== undefined, `there is a ${table.name}`);
  return value;
}

/** Every registered validator with its pool, by operator. */
export function validatorsOf(
  hot: HotRecords,
): { readonly operator: Uint8Array; readonly record: ValidatorRecord; readonly pool: StakePool }[] {
  const prefix = toHex(VALIDATORS.prefixOf());
  return [...hot]
    .filter(([name]) => name.startsWith(prefix))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { key, value }]) => {
      const operator = addressIn(key, 0);
      return { operator, record: value as ValidatorRecord, pool: needHot(hot, POOLS, operator) };
    });
}
