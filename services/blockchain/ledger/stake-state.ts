import type { StateEngine } from '#engines/state';
import type { RecordReader } from '#services/validator';

/** The records of the validator context in a state engine. */
export function recordReader(engine: Pick<StateEngine, 'getMany' | 'range'>): RecordReader {
  return {
    getMany: (keys) => engine.getMany('state', keys),
    async range(gte, lt, limit) {
      const entries = [];
      const options = { gte, lt, ...(limit === undefined ? {} : { limit }) };
      for await (const entry of engine.range('state', options)) entries.push(entry);
      return entries;
    },
  };
}
