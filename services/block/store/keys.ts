import { bytesToUint64, concatBytes, uint64ToBytes, utf8, writeUint32 } from '#kernel';

/** Tags of the records in the family `blocks`. Append only. */
const TAG = {
  header: 1,
  body: 2,
  commit: 3,
  height: 4,
  validators: 5,
  evidence: 6,
  evidenceAt: 7,
  events: 8,
  pastHeader: 9,
} as const;

function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(Uint8Array.of(tag), ...parts);
}

function uint32ToBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, value);
  return bytes;
}

export const blocksKey = {
  header: (height: number) => tagged(TAG.header, uint64ToBytes(height)),
  /** One value for each `CHUNK_ITEMS` transactions of the block. */
  body: (height: number, chunk: number) => tagged(TAG.body, uint64ToBytes(height), uint32ToBytes(chunk)),
  commit: (height: number) => tagged(TAG.commit, uint64ToBytes(height)),
  heightOf: (blockHash: Uint8Array) => tagged(TAG.height, blockHash),
  /** One value for each piece of evidence in the block; sorts as the place does. */
  evidence: (height: number, index: number) =>
    tagged(TAG.evidence, uint64ToBytes(height), uint32ToBytes(index)),
  evidenceAt: (evidenceHash: Uint8Array) => tagged(TAG.evidenceAt, evidenceHash),
  /** One value for each `CHUNK_ITEMS` events of the block itself; none for a block without any. */
  events: (height: number, chunk: number) => tagged(TAG.events, uint64ToBytes(height), uint32ToBytes(chunk)),
  /** Of a height before the one that the chain was restored at: a header without a block. */
  pastHeader: (height: number) => tagged(TAG.pastHeader, uint64ToBytes(height)),
  validators: (setHash: Uint8Array) => tagged(TAG.validators, setHash),
};

/** Place of evidence in its key. */
export function evidencePlace(key: Uint8Array): Place {
  return bytesToPlace(key, 1);
}

/** Family `receipts`: in chunks, as the transactions. */
export function receiptsKey(height: number, chunk: number): Uint8Array {
  return concatBytes(uint64ToBytes(height), uint32ToBytes(chunk));
}

/** Family `meta`. */
export const metaKey = {
  tip: utf8('block/tip'),
  pruned: utf8('block/pruned'),
  /** First height of which there is a block, for a chain that began at a restored state. */
  start: utf8('block/start'),
};

/** A transaction's place: 8-byte height, 4-byte index; sorts in the order of execution. */
export interface Place {
  readonly height: number;
  readonly index: number;
}

export function placeToBytes(place: Place): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes.set(uint64ToBytes(place.height));
  writeUint32(bytes, 8, place.index);
  return bytes;
}

export function bytesToPlace(bytes: Uint8Array, offset = 0): Place {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { height: bytesToUint64(bytes, offset), index: view.getUint32(offset + 8) };
}

/**
 * Family `history`: an account's transactions in the order of execution, read backwards.
 *
 * @param place `placeToBytes`
 */
export function historyKey(address: Uint8Array, place: Uint8Array): Uint8Array {
  return concatBytes(address, place);
}

/** Values of the family `history`. Append only. */
export const ROLES = { sender: 1, receiver: 2, both: 3 } as const;
export type Role = keyof typeof ROLES;

export function roleOf(value: number | undefined): Role {
  if (value === ROLES.sender) return 'sender';
  return value === ROLES.receiver ? 'receiver' : 'both';
}
