import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bech32m } from '@scure/base';
import fc from 'fast-check';
import { addressOfKey, ed25519Key, formatAddress, isCodedError, parseAddress } from '#kernel';

/** BIP 350, test vectors for bech32m. */
const VALID = [
  'A1LQFN3A',
  'a1lqfn3a',
  'an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6',
  'abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx',
  '11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8',
  'split1checkupstagehandshakeupstreamerranterredcaperredlc445v',
  '?1v759aa',
];
const INVALID = [
  '\u00201xj0phk',
  '\u007f1g6xzxy',
  'qyrz8wqd2c9m',
  '1qyrz8wqd2c9m',
  'y1b0jsk6g',
  'lt1igcx5c0',
  'in1muywd',
  'mm1crxm3i',
  'au1s5cgom',
  'M1VUXWEZ',
  '16plkw9',
  '1p2gdwpf',
];

describe('bech32m', () => {
  for (const text of VALID) {
    it(`reads ${text.slice(0, 20)}`, () => {
      const decoded = bech32m.decode(text as `${string}1${string}`);
      assert.equal(bech32m.encode(decoded.prefix, decoded.words), text.toLowerCase());
    });
  }
  for (const text of INVALID) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => bech32m.decode(text as `${string}1${string}`));
      assert.throws(
        () => parseAddress(text),
        (error) => isCodedError(error, 'kernel.malformed-address'),
      );
    });
  }
});

describe('address', () => {
  it('is 20 bytes of the hash of key type and key, frozen', () => {
    const address = addressOfKey('ed25519', ed25519Key(new Uint8Array(32)).publicKey);
    assert.equal(formatAddress(address), 'bizra1y6fxcq4mhnhrhmec7x2deak6yxwql3pcz4cs5a');
  });

  it('survives its text form, and no changed character passes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.nat(),
        fc.nat(31),
        (address, at, letter) => {
          const text = formatAddress(address);
          assert.deepEqual(parseAddress(text), address);
          const place = 6 + (at % (text.length - 6));
          const changed =
            text.slice(0, place) + 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'[letter] + text.slice(place + 1);
          if (changed !== text) assert.throws(() => parseAddress(changed));
        },
      ),
    );
  });

  it('says what is wrong', () => {
    const own = formatAddress(new Uint8Array(20));
    const foreign = bech32m.encode('cosmos', bech32m.toWords(new Uint8Array(20)));
    const short = bech32m.encode('bizra', bech32m.toWords(new Uint8Array(19)));
    assert.throws(() => parseAddress(foreign), /prefix is cosmos/);
    assert.throws(() => parseAddress(short), /holds 19 bytes/);
    assert.throws(() => parseAddress(own.toUpperCase()), /lower case/);
    assert.throws(() => parseAddress(''), /checksum/);
    assert.throws(() => parseAddress('x'.repeat(10_000)), /too long/);
  });
});
