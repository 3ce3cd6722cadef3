import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCodedError } from '#kernel';
import { frame, FrameReader } from '../framing.ts';

describe('reading frames', () => {
  const messages = [0, 1, 3, 4, 5, 300, 0, 1_023, 5_000, 2].map((length, index) =>
    new Uint8Array(length).fill(index + 1),
  );

  for (const size of [1, 2, 3, 4, 5, 7, 64, 1_000, 100_000]) {
    it(`gives the same messages from chunks of ${size} bytes`, () => {
      const reader = new FrameReader(5_000);
      const bytes = frame(messages);
      const read: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        const chunk = Buffer.from(bytes.subarray(at, at + size));
        read.push(...reader.push(chunk));
        // The chunk's memory is its owner's again.
        chunk.fill(0xff);
      }
      assert.deepEqual(read, messages);
      assert.ok(reader.isAtBoundary);
    });
  }

  it('takes a large message byte by byte in linear time', { timeout: 30_000 }, () => {
    const reader = new FrameReader(2 ** 20);
    const bytes = frame([new Uint8Array(2 ** 20).fill(7)]);
    const start = performance.now();
    let read: Uint8Array[] = [];
    for (const byte of bytes) read = reader.push(Uint8Array.of(byte));
    assert.deepEqual(
      read.map(({ length }) => length),
      [2 ** 20],
    );
    // A tenth of a second; a list of the bytes takes minutes.
    assert.ok(performance.now() - start < 20_000);
  });

  it('refuses a length above the limit as soon as it is read, wherever it begins', () => {
    for (const size of [1, 3, 4, 100]) {
      const reader = new FrameReader(9);
      const bytes = frame([new Uint8Array(9), new Uint8Array(10)]).slice(0, 4 + 9 + 4);
      assert.throws(
        () => {
          for (let at = 0; at < bytes.length; at += size) reader.push(bytes.slice(at, at + size));
        },
        (error) => isCodedError(error, 'network.malformed-frame'),
      );
    }
  });
});
