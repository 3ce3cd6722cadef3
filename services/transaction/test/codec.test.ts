import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressOfKey, AMOUNT_MAX, equalBytes, isCodedError, toHex, utf8 } from '#kernel';
import { assembleTransaction } from '../domain/codec.ts';
import { signatureCheckOf } from '../domain/signature-check.ts';
import {
  decodeTransaction,
  hashTransaction,
  signTransaction,
  type Transaction,
  type TransactionBody,
  type TransactionPayload,
} from '../index.ts';
import { CHAIN_ID_BYTES_MAX, LABEL_BYTES_MAX, TRANSFER_OUTPUTS_MAX } from '../limits.ts';
import {
  accountKeyOf,
  bigger,
  filled,
  IDENTITY,
  keyOf,
  outputs,
  signed,
  signedByAccount,
  VERIFIER,
} from './support/samples.ts';

const uint64 = fc.maxSafeNat();
const amount = fc.bigInt({ min: 0n, max: AMOUNT_MAX });
const textOf = (bytesMax: number) =>
  fc.string({ unit: 'binary', maxLength: bytesMax }).filter((text) => utf8(text).length <= bytesMax);
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const record = { noNullPrototype: true };

const payload: fc.Arbitrary<TransactionPayload> = fc.oneof(
  fc.record(
    {
      type: fc.constant('transfer' as const),
      outputs: fc.array(fc.record({ to: bytesOf(20), amount }, record), {
        maxLength: TRANSFER_OUTPUTS_MAX,
        size: 'max',
      }),
    },
    record,
  ),
  fc.record(
    { type: fc.constant('attest' as const), digest: bytesOf(32), label: textOf(LABEL_BYTES_MAX) },
    record,
  ),
);
const sender = fc.oneof(
  fc.record({ senderKeyType: fc.constant('ed25519' as const), senderKey: bytesOf(32) }, record),
  fc.record(
    {
      senderKeyType: fc.constant('secp256k1' as const),
      senderKey: fc.tuple(fc.constantFrom(2, 3), bytesOf(32)).map(([first, x]) => Uint8Array.of(first, ...x)),
    },
    record,
  ),
);
const members = fc.record(
  {
    chainId: textOf(CHAIN_ID_BYTES_MAX),
    nonce: uint64,
    gasLimit: uint64,
    gasPrice: amount,
    validUntil: uint64,
    payload,
  },
  record,
);

const body: fc.Arbitrary<TransactionBody> = fc
  .tuple(sender, members)
  .map(([key, rest]) => Object.assign(rest, key));

/** Everything that was signed, and the signature: what must determine the bytes, and nothing else. */
function content(transaction: Transaction): object {
  const { bytes: _, hash: __, id: ___, sender: ____, digest: _____, ...rest } = transaction;
  return rest;
}

/** The transaction of some bytes, undefined when they are refused with a code. */
function decodeOrRefuse(bytes: Uint8Array): Transaction | undefined {
  try {
    return decodeTransaction(bytes, IDENTITY);
  } catch (error) {
    if (isCodedError(error)) return undefined;
    throw error;
  }
}

describe('transaction encoding', () => {
  it('gives back every transaction with what derives from its bytes', () => {
    fc.assert(
      fc.property(body, (value) => {
        const transaction = signTransaction(value, keyOf(0), IDENTITY);
        assert.deepEqual(decodeTransaction(transaction.bytes, IDENTITY), transaction);
        assert.deepEqual(transaction.hash, hashTransaction(transaction.bytes));
        assert.equal(transaction.id, toHex(transaction.hash));
      }),
      { numRuns: 100 },
    );
  });

  it('takes as many outputs as the limit and not one more', () => {
    assert.deepEqual(decodeTransaction(bigger(0, TRANSFER_OUTPUTS_MAX - 1).bytes, IDENTITY).payload, {
      type: 'transfer',
      outputs: outputs(TRANSFER_OUTPUTS_MAX),
    });
    assert.throws(() => bigger(0, TRANSFER_OUTPUTS_MAX), { code: 'kernel.unencodable-value' });
  });

  it('is one: bytes that were changed are refused or are another transaction', () => {
    const edits = fc.array(
      fc.record({
        at: fc.nat(),
        remove: fc.integer({ min: 0, max: 3 }),
        insert: fc.uint8Array({ maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(body, edits, (value, changes) => {
        const transaction = signTransaction(value, keyOf(0), IDENTITY);
        let bytes = transaction.bytes;
        for (const { at, remove, insert } of changes) {
          const place = at % (bytes.length + 1);
          bytes = Uint8Array.of(...bytes.subarray(0, place), ...insert, ...bytes.subarray(place + remove));
        }
        const decoded = decodeOrRefuse(bytes);
        if (decoded === undefined || equalBytes(bytes, transaction.bytes)) return;
        assert.notDeepEqual(content(decoded), content(transaction));
        assert.deepEqual(assembleTransaction(decoded, decoded.signature, IDENTITY).bytes, bytes);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses truncations and trailing bytes, or reads another message that nobody signed', () => {
    for (const transaction of SAMPLES) {
      const { bytes } = transaction;
      const cut = Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length));
      const grown = [0, 1, 0xff].map((extra) => Uint8Array.of(...bytes, extra));
      // Only whole outputs, or characters of a label, can be missing or added at the end.
      const read = [...cut, ...grown].flatMap((changed) => decodeOrRefuse(changed) ?? []);
      assert.ok(read.length < 20, `${read.length} were read`);
      for (const { digest } of read) assert.notDeepEqual(digest, transaction.digest);
    }
  });

  it('is signed as a whole: no changed bit leaves the signature valid', () => {
    let decodable = 0;
    for (const transaction of SAMPLES) {
      for (let bit = 0; bit < transaction.bytes.length * 8; bit++) {
        const bytes = transaction.bytes.slice();
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        const decoded = decodeOrRefuse(bytes);
        if (decoded === undefined) continue;
        decodable++;
        // Another message, or another signature of the same one: at most one of them can be the signer's.
        const sameDigest = equalBytes(decoded.digest, transaction.digest);
        assert.notEqual(sameDigest, equalBytes(decoded.signature, transaction.signature));
        if (bit % 40 !== 0) continue;
        assert.equal(VERIFIER.verify(signatureCheckOf(decoded)), false);
      }
    }
    assert.ok(decodable > 1_000, `${decodable} changes could be decoded`);
  });

  it('is signed for one chain', () => {
    const { bytes, senderKey: publicKey } = signed();
    const check = (genesisHash: Uint8Array) => {
      const { digest, signature } = decodeTransaction(bytes, { ...IDENTITY, genesisHash });
      return VERIFIER.verify({ publicKey, digest, signature });
    };
    assert.equal(check(IDENTITY.genesisHash), true);
    assert.equal(check(filled(32, 1)), false);
  });

  it('refuses types of transactions and keys that do not exist', () => {
    const { bytes } = signed();
    // The fixed part of the body begins after offset and signature; type and key type follow its first offset.
    const start = 4 + 64;
    const withByte = (at: number, byte: number) => {
      const changed = bytes.slice();
      changed[start + at] = byte;
      return changed;
    };
    for (const type of [0, 13, 255]) {
      assert.throws(() => decodeTransaction(withByte(4, type), IDENTITY), {
        code: 'transaction.unknown-type',
      });
    }
    for (const keyType of [2, 255]) {
      assert.throws(() => decodeTransaction(withByte(5, keyType), IDENTITY), {
        code: 'transaction.unsupported-key-type',
      });
    }
    assert.throws(() => decodeTransaction(withByte(4, 2), IDENTITY), { code: 'kernel.malformed-encoding' });
  });

  it('holds a sender key in the one form of its type only', () => {
    const point = accountKeyOf(0).publicKey;
    const marked = (first: number) => Uint8Array.of(first, ...point.subarray(1));
    const refused: readonly Partial<TransactionBody>[] = [
      { senderKey: filled(31, 1) },
      { senderKey: filled(33, 2) },
      { senderKey: filled(0, 0) },
      { senderKeyType: 'secp256k1', senderKey: filled(32, 2) },
      { senderKeyType: 'secp256k1', senderKey: filled(0, 2) },
      ...[0, 1, 4, 5, 6, 7, 0xff].map((first) => ({
        senderKeyType: 'secp256k1' as const,
        senderKey: marked(first),
      })),
    ];
    for (const changes of refused) {
      assert.throws(() => signed(0, changes), { code: 'transaction.malformed-key' });
    }
    // From the bytes as well: the key follows the fixed part of the body.
    const { bytes } = signedByAccount();
    const at = bytes.findIndex((_, index) => equalBytes(bytes.subarray(index, index + 33), point));
    for (const first of [0, 4, 6]) {
      const changed = bytes.slice();
      changed[at] = first;
      assert.throws(() => decodeTransaction(changed, IDENTITY), { code: 'transaction.malformed-key' });
    }
    const keyType = bytes.slice();
    keyType[4 + 64 + 5] = 0;
    assert.throws(() => decodeTransaction(keyType, IDENTITY), { code: 'transaction.malformed-key' });
  });

  it('gives a secp256k1 key the address that it has on Cosmos chains', () => {
    const { sender: address, senderKey } = signedByAccount(4);
    assert.deepEqual(address, addressOfKey('secp256k1', senderKey));
    assert.deepEqual(decodeTransaction(signedByAccount(4).bytes, IDENTITY).sender, address);
  });

  it('refuses what does not fit its members instead of cutting it', () => {
    for (const changes of [
      { nonce: -1 },
      { nonce: 2 ** 53 },
      { gasLimit: 0.5 },
      { gasPrice: AMOUNT_MAX + 1n },
      { gasPrice: -1n },
      { senderKey: filled(34, 1) },
      { chainId: 'x'.repeat(CHAIN_ID_BYTES_MAX + 1) },
    ]) {
      assert.throws(
        () => signed(0, changes),
        { code: 'kernel.unencodable-value' },
        JSON.stringify(Object.keys(changes)),
      );
    }
  });

  it('refuses a label that UTF-8 cannot hold, which would come back as another', () => {
    const payload = { type: 'attest', digest: filled(32, 1), label: 'half \ud800' } as const;
    assert.throws(() => signed(0, { payload }), { code: 'transaction.malformed-label' });
  });

  it('shares no memory with the bytes given, whatever kind of view they are', () => {
    const { bytes } = signed();
    for (const given of [bytes.slice(), Buffer.from(bytes)]) {
      const decoded = decodeTransaction(given, IDENTITY);
      given.fill(0);
      assert.deepEqual(decoded, decodeTransaction(bytes, IDENTITY));
    }
  });

  it('keeps its frozen form', () => {
    for (const [index, { bytes, id, digest, sender }] of SAMPLES.entries()) {
      const shown = { bytes: toHex(bytes), id, digest: toHex(digest), sender: toHex(sender) };
      assert.deepEqual(shown, FROZEN[index]);
    }
  });
});

/** One of each type, and one of a secp256k1 key: what the frozen forms are of. */
const SAMPLES = [
  bigger(0, 1, { nonce: 7, gasLimit: 2_500, gasPrice: 2n ** 70n, validUntil: 1_234 }),
  signed(1, {
    nonce: 1,
    gasLimit: 3_000,
    payload: { type: 'attest', digest: filled(32, 0xd1), label: 'Vertrag №7' },
  }),
  signedByAccount(2, { nonce: 3 }),
];

// Part of the protocol: these change only with a new transaction type.
const FROZEN: readonly object[] = [
  {
    bytes:
      '440000009f7d2ca4a64645accd55a34f3933a606a46e1fb0a72125d0765a09cdeb1c7327a2d5cc1fd076e47fc4e63e6a2f1e1859617f05c2acdb1ebce617f5d3a35c090a360000000100420000000700000000000000c40900000000000000000000000000004000000000000000d20400000000000062000000746573742d636861696e2d31a3df4a957a7665fd0ef5df277c3b13e633cfeee82532a64e6bbe35351863c09104000000000000000000000000000000000000000000000005000000000000000000000000000000010101010101010101010101010101010101010105000000000000000000000000000000',
    id: 'de6833b0a729448ee802275a4b766e6f2840a3f795bfc40a38f2fc42ab854f65',
    digest: 'afa839248e5665d81253952f6e8702af7a149e2d26a72eb6e9fbfd2bfe2c0cc4',
    sender: '4a167bb13797878e67d006772a2727ff35d7abc2',
  },
  {
    bytes:
      '440000001b51a64209a5179935ad37c4783c395198f768b5a1b8eae946f4f66e75acfef25bf2ebd7f022591d9761d8bf9e5aeafa52eee4ca69a3c6d2a40e64ca29f97b0f360000000200420000000100000000000000b80b0000000000000a000000000000000000000000000000e80300000000000062000000746573742d636861696e2d31b4f458c0da5435cb5feb18c5cc5f382ebdf577abc4cd0bf74badbfbd44dc2687d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1240000005665727472616720e2849637',
    id: '34139a2ef81bc988f19ee0f7b397ebe4c331ec85d41ac4e2c64ae311a689f795',
    digest: '42a0a18b0d95c3c51abe2495ac782e89c4447eed49c63fb04822ef0613c116ec',
    sender: '9603ddc0069c94fba4d2bfb685b3bc65a5a73502',
  },
  {
    bytes:
      '440000007ad49ccf9681e096845d36ac4195365ddc4457061e68dff4b3ba2156400b0e013c7d128cfbf34d095f3848f3fb2a8fcd457043378972b23cc6aa9736499e0ecf360000000101420000000300000000000000b80b0000000000000a000000000000000000000000000000e80300000000000063000000746573742d636861696e2d3102531fe6068134503d2723133227c867ac8fa6c83c537e9a44c3c5bdbdcb1fe33704000000000000000000000000000000000000000000000005000000000000000000000000000000',
    id: 'fbc107e2bfb1097a07889523757c2225cdd4a6bedf0bf73888071f4450118420',
    digest: 'a1cd761312759b0c9a125b02490f4985fb1abead24b94fe4f0713dde3c2d0b34',
    sender: '417d4be90d35363267b8f2afafc9531111c41ae4',
  },
];
