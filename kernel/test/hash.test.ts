import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blake3 } from '@noble/hashes/blake3.js';
import { createBLAKE3 } from 'hash-wasm';
import fc from 'fast-check';
import { HASH_DOMAINS, concatBytes, domainKey, hash, toHex, utf8 } from '#kernel';

/** The first 32 bytes of the outputs of the official BLAKE3 test vectors (input: bytes 0 to 250, repeated). */
const VECTORS = [
  {
    length: 0,
    hash: 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
    keyed: '92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26',
    derived: '2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d',
  },
  {
    length: 1,
    hash: '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213',
    keyed: '6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b',
    derived: 'b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c',
  },
  {
    length: 1024,
    hash: '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7',
    keyed: '75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4',
    derived: '7356cd7720d5b66b6d0697eb3177d9f8d73a4a5c5e968896eb6a6896843027066',
  },
  {
    length: 1025,
    hash: 'd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444',
    keyed: '357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69',
    derived: 'effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb',
  },
];
const VECTOR_KEY = utf8('whats the Elvish word for friend');
const VECTOR_CONTEXT = 'BLAKE3 2019-12-27 16:29:52 test vectors context';

function vectorInput(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

describe('BLAKE3', () => {
  for (const vector of VECTORS) {
    it(`gives the published outputs for ${vector.length} bytes in both libraries`, async () => {
      const input = vectorInput(vector.length);
      const plain = await createBLAKE3(256);
      const keyed = await createBLAKE3(256, VECTOR_KEY);
      assert.equal(plain.init().update(input).digest('hex'), vector.hash);
      assert.equal(keyed.init().update(input).digest('hex'), vector.keyed);
      assert.equal(toHex(blake3(input)), vector.hash);
      assert.equal(toHex(blake3(input, { key: VECTOR_KEY })), vector.keyed);
      assert.equal(toHex(blake3(input, { context: utf8(VECTOR_CONTEXT) })), vector.derived.slice(0, 64));
    });
  }
});

describe('domain-separated hash', () => {
  it('is keyed_hash under the derived key of the domain, for any input cut in any way', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...HASH_DOMAINS),
        fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 4 }),
        (domain, parts) => {
          const expected = blake3(concatBytes(...parts), { key: domainKey(domain) });
          assert.deepEqual(hash(domain, ...parts), new Uint8Array(expected));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('separates every domain from every other', () => {
    const outputs = new Set(HASH_DOMAINS.map((domain) => toHex(hash(domain, new Uint8Array(0)))));
    assert.equal(outputs.size, HASH_DOMAINS.length);
  });

  it('keeps its frozen values', () => {
    assert.equal(toHex(hash('transaction', utf8('frozen'))), FROZEN.transaction);
    assert.equal(toHex(hash('state-node', utf8('frozen'))), FROZEN['state-node']);
  });
});

const FROZEN = {
  transaction: 'c1b0f12e477b0d804fbf0cff05522ba1952cf7e67ffd040fcafd10d984fe3337',
  'state-node': '5ffc16c8242c82e76fb19ffb56e104c5e0eb8e4115bcee8071436ecd530ba205',
};
