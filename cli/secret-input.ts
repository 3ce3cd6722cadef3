import { readFile } from 'node:fs/promises';
import { ED25519_SEED_BYTES, SECP256K1_SECRET_BYTES, fromHex, isCodedError, type KeyType } from '#kernel';
import { cliError } from './errors.ts';
import { askPassword } from './key-access.ts';

/** Where a wallet of a Cosmos chain has its first account (SLIP-44: coin type 118). */
export const COSMOS_DERIVATION_PATH = "m/44'/118'/0'/0/0";
/** A mnemonic of 24 words takes 215 characters at most; a secret 64. */
const INPUT_BYTES_MAX = 4096;
const SECRET_BYTES: Readonly<Record<KeyType, number>> = {
  ed25519: ED25519_SEED_BYTES,
  secp256k1: SECP256K1_SECRET_BYTES,
};

export interface SecretSource {
  readonly secretFile?: string;
  readonly mnemonicFile?: string;
  readonly derivationPath?: string;
}

/**
 * The secret of a key that was made elsewhere. It comes from a file, from standard input (`-`) or is typed, and
 * never from the command line, which other users of the machine can see. No message repeats any of it.
 *
 * @returns 32 bytes
 * @throws `cli.usage`, `cli.file-unreadable`, `cli.secret-malformed`
 */
export async function readSecret(type: KeyType, source: SecretSource): Promise<Uint8Array> {
  const { secretFile, mnemonicFile, derivationPath } = source;
  if ((secretFile === undefined) === (mnemonicFile === undefined)) {
    throw cliError('usage', 'give either --secret-file FILE or --mnemonic-file FILE; - is standard input');
  }
  if (secretFile !== undefined) {
    if (derivationPath !== undefined) {
      throw cliError('usage', '--derivation-path goes with --mnemonic-file: a secret derives from nothing');
    }
    return parseSecret(type, await readInput(secretFile, 'secret in hexadecimal'));
  }
  if (type !== 'secp256k1') {
    throw cliError('usage', '--mnemonic-file makes secp256k1 keys; add --type secp256k1');
  }
  const path = derivationPath ?? COSMOS_DERIVATION_PATH;
  return secretOfMnemonic(await readInput(mnemonicFile as string, 'mnemonic'), path);
}

function parseSecret(type: KeyType, text: string): Uint8Array {
  const bytes = SECRET_BYTES[type];
  try {
    return fromHex(text.trim().replace(/^0x/, ''), bytes);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    throw cliError(
      'secret-malformed',
      `the secret of a key of type ${type} is ${bytes} bytes in hexadecimal, ${bytes * 2} digits`,
    );
  }
}

/**
 * The secret that a mnemonic leads to: BIP-39 (English words, no passphrase), then BIP-32 along the path.
 *
 * @param path as BIP-44 writes it, e.g. `m/44'/118'/0'/0/0`
 * @throws `cli.usage` for a path, `cli.secret-malformed` for words that are no mnemonic
 */
async function secretOfMnemonic(words: string, path: string): Promise<Uint8Array> {
  const [{ mnemonicToSeed, validateMnemonic }, { wordlist }, { HDKey }] = await Promise.all([
    import('@scure/bip39'),
    import('@scure/bip39/wordlists/english.js'),
    import('@scure/bip32'),
  ]);
  if (!/^m(\/\d{1,10}'?){1,10}$/.test(path)) {
    throw cliError('usage', `"${path}" is not a derivation path; write it as ${COSMOS_DERIVATION_PATH}`);
  }
  const mnemonic = words.trim().toLowerCase().split(/\s+/).join(' ');
  if (!validateMnemonic(mnemonic, wordlist)) {
    throw cliError(
      'secret-malformed',
      'that is no mnemonic: 12 to 24 English words of BIP-39, of which the last holds a checksum; look for a word that is missing or misspelt',
    );
  }
  let secret: Uint8Array | null;
  try {
    secret = HDKey.fromMasterSeed(await mnemonicToSeed(mnemonic)).derive(path).privateKey;
  } catch (cause) {
    throw cliError('usage', `there is no key at ${path}: an index is below 2147483648`, { path }, { cause });
  }
  if (secret === null) throw cliError('usage', `there is no key at ${path}; use another path`, { path });
  return secret;
}

async function readInput(file: string, what: string): Promise<string> {
  if (file === '-') return process.stdin.isTTY ? askPassword(`${what}: `) : readStandardInput(what);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw cliError('file-unreadable', `the ${what} cannot be read (${reason})`, { file }, { cause });
  }
  if (text.length > INPUT_BYTES_MAX) throw tooLong(what);
  return text;
}

async function readStandardInput(what: string): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const part of process.stdin as AsyncIterable<string>) {
    text += part;
    if (text.length > INPUT_BYTES_MAX) throw tooLong(what);
  }
  return text;
}

function tooLong(what: string) {
  return cliError('secret-malformed', `the ${what} is longer than ${INPUT_BYTES_MAX} characters`);
}
