import type { StateEngine } from '#engines/state';
import { isCodedError, type Logger } from '#kernel';
import { decodeEvidence, type Evidence } from '#services/block';
import { EVIDENCE_POOL_MAX } from '../limits.ts';

/** Where evidence that waits for a block survives a restart. */
export interface EvidenceStore {
  /** Everything in it; what cannot be read is left out. */
  load(): Promise<readonly Evidence[]>;
  /** Resolves when power loss cannot undo it. */
  add(evidence: Evidence): Promise<void>;
  remove(evidence: readonly Evidence[]): Promise<void>;
}

/** Evidence in the state engine, by its identity. */
export function createEvidenceStore(engine: StateEngine, logger: Logger): EvidenceStore {
  return {
    async load() {
      const entries = await engine.rangeAll('evidence', { limit: EVIDENCE_POOL_MAX });
      return entries.flatMap(({ value }) => {
        try {
          return [decodeEvidence(value)];
        } catch (error) {
          if (!isCodedError(error)) throw error;
          logger.warn({ error }, 'stored evidence cannot be read and is left out');
          return [];
        }
      });
    },
    async add({ hash, bytes }) {
      const batch = engine.batch();
      batch.put('evidence', hash, bytes);
      await engine.write(batch, { sync: true });
    },
    async remove(evidence) {
      if (evidence.length === 0) return;
      const batch = engine.batch();
      for (const { hash } of evidence) batch.delete('evidence', hash);
      await engine.write(batch);
    },
  };
}
