import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressOfKey, formatAddress, isCodedError, secp256k1Key, toHex } from '#kernel';
import { decryptKey, encryptKey, parseKeyFile } from '#kernel/keystore';
import { systemRandom } from '#runtime';

const coded = (code: string) => (error: unknown) => isCodedError(error, code);

describe('keystore', async () => {
  const seed = new Uint8Array(32).fill(5);
  const file = await encryptKey({ seed, name: 'alice', password: 'pass wörd', random: systemRandom });

  it('gives the seed back for the password, in any Unicode form of it', async () => {
    const read = parseKeyFile(JSON.stringify(file));
    assert.deepEqual(await decryptKey(read, 'pass wörd'), seed);
    assert.deepEqual(await decryptKey(read, 'pass wo\u0308rd'), seed);
  });

  it('refuses a wrong password and an altered file alike', async () => {
    await assert.rejects(decryptKey(file, 'pass word'), coded('kernel.keystore-password'));
    const flipped = (file.crypto.ciphertext.startsWith('0') ? '1' : '0') + file.crypto.ciphertext.slice(1);
    const altered = { ...file, crypto: { ...file.crypto, ciphertext: flipped } };
    await assert.rejects(decryptKey(altered, 'pass wörd'), coded('kernel.keystore-password'));
  });

  it('keeps secp256k1 keys under the address that they have on Cosmos chains', async () => {
    const { publicKey } = secp256k1Key(seed);
    const own = await encryptKey({
      seed,
      type: 'secp256k1',
      name: 'imported',
      password: 'x',
      random: systemRandom,
    });
    const read = parseKeyFile(JSON.stringify(own));
    assert.equal(read.type, 'secp256k1');
    assert.equal(read.publicKey, toHex(publicKey));
    assert.equal(read.address, formatAddress(addressOfKey('secp256k1', publicKey)));
    assert.deepEqual(await decryptKey(read, 'x', 'secp256k1'), seed);
  });

  it('opens a key only as what it is', async () => {
    const own = await encryptKey({
      seed,
      type: 'secp256k1',
      name: 'imported',
      password: 'x',
      random: systemRandom,
    });
    await assert.rejects(decryptKey(own, 'x'), coded('kernel.keystore-key-type'));
    await assert.rejects(decryptKey(file, 'pass wörd', 'secp256k1'), coded('kernel.keystore-key-type'));
    for (const changes of [
      { type: 'ed25519' },
      { type: 'rsa' },
      { type: 'toString' },
      { type: 1 },
      { type: undefined },
    ]) {
      assert.throws(
        () => parseKeyFile(JSON.stringify({ ...own, ...changes })),
        (error) =>
          isCodedError(error, 'kernel.keystore-malformed') || isCodedError(error, 'kernel.malformed-hex'),
      );
    }
  });

  it('encrypts nothing that is no secret of the type', async () => {
    const options = { type: 'secp256k1', name: 'x', password: 'x', random: systemRandom } as const;
    for (const wrong of [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(31).fill(1)]) {
      await assert.rejects(encryptKey({ ...options, seed: wrong }), coded('kernel.malformed-key'));
    }
  });

  it('holds no secret in clear', () => {
    assert.ok(!JSON.stringify(file).includes('05'.repeat(32)));
  });

  it('refuses files that are not key files, or that ask for the machine’s memory', () => {
    for (const text of ['', 'null', '[]', '{}', '{"kind":"bizra-key"}']) {
      assert.throws(() => parseKeyFile(text), coded('kernel.keystore-malformed'), text);
    }
    for (const cost of [{ n: 2 ** 30 }, { n: 3 }, { r: 1000 }, { p: -1 }]) {
      const hostile = JSON.stringify({ ...file, crypto: { ...file.crypto, ...cost } });
      assert.throws(() => parseKeyFile(hostile), coded('kernel.keystore-malformed'));
    }
    const renamed = JSON.stringify({ ...file, address: 'bizra1other' });
    assert.throws(() => parseKeyFile(renamed), coded('kernel.keystore-malformed'));
  });
});
