import type { WriteBatch } from '#engines/state';
import { uint64ToBytes } from '#kernel';
import type { ValidatorSet } from '#services/validator';
import { commitCodec } from '../domain/commit.ts';
import type { Commit } from '../domain/types.ts';
import { blocksKey } from './keys.ts';
import { pastHeaderCodec, validatorsCodec, type StoredHeader } from './records.ts';
import { toStoredValue } from './stored-value.ts';

/** What a chain has of a height before the one that it was restored at. */
export interface PastBlock extends StoredHeader {
  readonly commit: Commit;
  /** Validators of the height, where the store does not hold them yet. */
  readonly validators: ValidatorSet | undefined;
}

/** SYNC-10: puts header, commit and validators of a height before the restored one into a batch. */
export function stagePast(batch: WriteBatch, past: PastBlock): void {
  const { hash, header, commit, validators } = past;
  const { height } = header;
  batch.put('blocks', blocksKey.pastHeader(height), toStoredValue(pastHeaderCodec.encode(past)));
  batch.put('blocks', blocksKey.heightOf(hash), uint64ToBytes(height));
  batch.put('blocks', blocksKey.commit(height), toStoredValue(commitCodec.encode(commit)));
  if (validators === undefined) return;
  const encoded = toStoredValue(validatorsCodec.encode(validators.validators));
  batch.put('blocks', blocksKey.validators(validators.hash), encoded);
}
