import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decryptKey, encryptKey, isCodedError, parseKeyFile } from '#kernel';
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
