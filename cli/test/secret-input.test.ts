import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { addressOfKey, formatForeignAddress, isCodedError, toHex } from '#kernel';
import { keyOfSecret } from '#kernel/keystore';
import { temporaryFolder } from '../../test/harness/folder.ts';
import { readSecret, type SecretSource } from '../secret-input.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

async function fileOf(text: string): Promise<string> {
  const path = join(folder.path, 'input');
  await writeFile(path, text);
  return path;
}

async function accountOf(source: SecretSource): Promise<string> {
  const { publicKey } = keyOfSecret('secp256k1', await readSecret('secp256k1', source));
  return formatForeignAddress('cosmos', addressOfKey('secp256k1', publicKey));
}

/** Mnemonics and their first account on the Cosmos Hub, as its wallets show it. */
const MNEMONICS = [
  // The words of sixteen zero bytes.
  {
    words: `${'abandon '.repeat(11)}about`,
    address: 'cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4',
  },
  // The tests of CosmJS.
  {
    words: 'special sign fit simple patrol salute grocery chicken wheat radar tonight ceiling',
    address: 'cosmos1jhg0e7s6gn44tfc5k37kr04sznyhedtc9rzys5',
  },
];

describe('the secret of a key that is imported', () => {
  for (const { words, address } of MNEMONICS) {
    it(`is found by its mnemonic: ${address}`, async () => {
      assert.equal(await accountOf({ mnemonicFile: await fileOf(words) }), address);
      const untidy = ` \n${words.toUpperCase().replaceAll(' ', '\n  ')}\r\n`;
      assert.equal(await accountOf({ mnemonicFile: await fileOf(untidy) }), address);
      const path = { derivationPath: "m/44'/118'/0'/0/0" };
      assert.equal(await accountOf({ mnemonicFile: await fileOf(words), ...path }), address);
      const other = { derivationPath: "m/44'/118'/0'/0/1" };
      assert.notEqual(await accountOf({ mnemonicFile: await fileOf(words), ...other }), address);
    });
  }

  it('is read as hexadecimal, whatever surrounds it', async () => {
    const secret = 'c4a48e2fce1481cd3294b4490f6678090ea98d3d0e5cd984558ab0968741b104';
    for (const text of [secret, `${secret}\n`, ` 0x${secret}\r\n`, secret.toUpperCase()]) {
      assert.equal(toHex(await readSecret('secp256k1', { secretFile: await fileOf(text) })), secret);
      assert.equal(toHex(await readSecret('ed25519', { secretFile: await fileOf(text) })), secret);
    }
  });

  it('is refused when it is none, and no message repeats what was given', async () => {
    const [valid = ''] = MNEMONICS.map(({ words }) => words);
    const refused: readonly ['secretFile' | 'mnemonicFile', text: string][] = [
      ['secretFile', ''],
      ['secretFile', '12'.repeat(31)],
      ['secretFile', '12'.repeat(33)],
      ['secretFile', 'xy'.repeat(32)],
      ['secretFile', 'secretly '.repeat(1_000)],
      ['mnemonicFile', ''],
      ['mnemonicFile', 'secretly '.repeat(12)],
      // The checksum does not fit.
      ['mnemonicFile', valid.replace('about', 'abandon')],
    ];
    for (const [option, text] of refused) {
      const source = { [option]: await fileOf(text) };
      await assert.rejects(readSecret('secp256k1', source), (error) => {
        assert.ok(isCodedError(error, 'cli.secret-malformed'), String(error));
        assert.doesNotMatch(error.message, /1212|xyxy|secretly|abandon/);
        return true;
      });
    }
  });

  it('is asked for in one way only, and a path is one that leads to a key', async () => {
    const mnemonicFile = await fileOf(MNEMONICS[0]?.words ?? '');
    const wrong: readonly SecretSource[] = [
      {},
      { secretFile: mnemonicFile, mnemonicFile },
      { secretFile: mnemonicFile, derivationPath: 'm/0' },
      ...['', 'm', '44/118', 'm/44h', 'm/x', 'm/2147483648', "m/44'/99999999999", `m${'/0'.repeat(11)}`].map(
        (derivationPath) => ({ mnemonicFile, derivationPath }),
      ),
    ];
    for (const source of wrong) {
      await assert.rejects(readSecret('secp256k1', source), (error) => isCodedError(error, 'cli.usage'));
    }
    await assert.rejects(readSecret('ed25519', { mnemonicFile }), (error) =>
      isCodedError(error, 'cli.usage'),
    );
    const absent = join(folder.path, 'absent');
    await assert.rejects(readSecret('secp256k1', { secretFile: absent }), (error) =>
      isCodedError(error, 'cli.file-unreadable'),
    );
  });
});
