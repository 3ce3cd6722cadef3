import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bech32m } from '@scure/base';
import fc from 'fast-check';
import {
  addressOfKey,
  ed25519Key,
  formatAddress,
  formatForeignAddress,
  fromHex,
  isCodedError,
  parseAddress,
  toHex,
} from '#kernel';

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

/** secp256k1 keys and their addresses on another chain. */
const COSMOS = [
  // Genesis transactions of cosmoshub-1: the key that signed, and the delegator.
  {
    publicKey: '03a5a307c45bdfd8aa7e43ea4d4fb6a0d6bf105ce1cc2aa8e0c3cd1623203501d0',
    address: 'cosmos14l0fp639yudfl46zauvv8rkzjgd4u0zk0fyvgr',
  },
  {
    publicKey: '022d35ef3623d5455640a4af71206ff3ad6352629839d7b24dc5299d16cec24c00',
    address: 'cosmos1vzj0lluc43k64gagvy9wsygh33dk84h07a3rsu',
  },
  {
    publicKey: '027247c337e0dc511cbe24fe0855e1369c623f99ac04b657246d83dde2b7740751',
    address: 'cosmos1ssm0d433seakyak8kcf93yefhknjleed4psy4g',
  },
  {
    publicKey: '02c980a1925283663a38f7df81f075ce03242f18e8cdb8362d74a11159f07ff91f',
    address: 'cosmos1rpgtz9pskr5geavkjz02caqmeep7cwwpf29g2p',
  },
  // The tests of CosmJS.
  {
    publicKey: '034f04181eeba35391b858633a765c4a0c189697b40d216354d50890d350c70290',
    address: 'cosmos1pkptre7fdkl6gfrzlesjjvhxhlc3r4gmmk8rs6',
  },
];

describe('address', () => {
  for (const { publicKey, address } of COSMOS) {
    it(`of the secp256k1 key of ${address} has the same bytes`, () => {
      const bytes = addressOfKey('secp256k1', fromHex(publicKey));
      assert.equal(formatForeignAddress('cosmos', bytes), address);
      assert.deepEqual(parseAddress(formatAddress(bytes)), bytes);
    });
  }

  it('of a secp256k1 key is the key hash of BIP 173', () => {
    const publicKey = fromHex('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798');
    assert.equal(toHex(addressOfKey('secp256k1', publicKey)), '751e76e8199196d454941c45d1b3a323f1433bd6');
  });

  it('is made of keys of the length of their type only', () => {
    for (const [type, length] of [
      ['ed25519', 31],
      ['ed25519', 33],
      ['secp256k1', 32],
      ['secp256k1', 65],
    ] as const) {
      assert.throws(
        () => addressOfKey(type, new Uint8Array(length)),
        (error) => isCodedError(error, 'kernel.malformed-key'),
      );
    }
  });

  it('has a text for another chain only under a prefix that can be one', () => {
    for (const prefix of ['', 'Cosmos', 'cos mos', 'x'.repeat(21), 'ä']) {
      assert.throws(
        () => formatForeignAddress(prefix, new Uint8Array(20)),
        (error) => isCodedError(error, 'kernel.malformed-address'),
      );
    }
  });

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
