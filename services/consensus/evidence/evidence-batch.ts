import { ByteListType, ListCompositeType } from '@chainsafe/ssz';
import { codec, type Codec } from '#kernel';
import {
  BLOCK_EVIDENCE_BYTES_MAX,
  BLOCK_EVIDENCE_MAX,
  EVIDENCE_BYTES_MAX,
  type Evidence,
} from '#services/block';

const OFFSET_BYTES = 4;

/** A message on the channel `evidence`: encoded evidence, as much as a block may hold. */
export const evidenceBatchCodec: Codec<readonly Uint8Array[]> = codec(
  'evidence batch',
  new ListCompositeType(new ByteListType(EVIDENCE_BYTES_MAX), BLOCK_EVIDENCE_MAX),
  BLOCK_EVIDENCE_BYTES_MAX + BLOCK_EVIDENCE_MAX * OFFSET_BYTES,
);

/** The evidence in messages, each within its bounds, in order. */
export function* packEvidence(evidence: readonly Evidence[]): Generator<Uint8Array> {
  let batch: Uint8Array[] = [];
  let size = 0;
  for (const { bytes } of evidence) {
    const isFull = batch.length === BLOCK_EVIDENCE_MAX || size + bytes.length > BLOCK_EVIDENCE_BYTES_MAX;
    if (isFull && batch.length > 0) {
      yield evidenceBatchCodec.encodeTrusted(batch);
      batch = [];
      size = 0;
    }
    batch.push(bytes);
    size += bytes.length;
  }
  if (batch.length > 0) yield evidenceBatchCodec.encodeTrusted(batch);
}
