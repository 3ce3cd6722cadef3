import { decodeEvidence } from '../domain/evidence/codec.ts';
import { BLOCK_EVIDENCE_MAX } from '../limits.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { Place } from '../store/keys.ts';
import type { Chain, FinalEvidence } from './face.ts';
import { pageLimit, pageOf, parseCursor } from './pages.ts';

/** Reads of the evidence in final blocks; pruning keeps it. */
export function evidenceQueries(store: BlockStore): Pick<Chain, 'evidence' | 'evidences'> {
  return {
    async evidence(hash) {
      const place = await store.evidencePlace(hash);
      const bytes = place && (await store.encodedEvidence(place.height))[place.index];
      return place && bytes && finalEvidence(place, bytes);
    },
    async evidences(page) {
      const limit = pageLimit(page.limit);
      const found = await store.evidences(placeBefore(page.cursor), limit + 1);
      const { items, next } = pageOf(found, limit, ({ place }) => `${place.height}.${place.index}`);
      const shown = items.map(({ place, bytes }) => finalEvidence(place, bytes));
      return next === undefined ? { items: shown } : { items: shown, next };
    },
  };
}

function finalEvidence({ height, index }: Place, bytes: Uint8Array): FinalEvidence {
  return { evidence: decodeEvidence(bytes), height, index };
}

function placeBefore(cursor: string | undefined): Place {
  const [height = Number.MAX_SAFE_INTEGER, index = 0] = cursor === undefined ? [] : parseCursor(cursor, 2);
  return { height, index: Math.min(index, BLOCK_EVIDENCE_MAX) };
}
