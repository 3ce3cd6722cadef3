import { scrypt } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { addressOfKey, formatAddress } from './address.ts';
import { equalBytes, fromHex, toHex, utf8 } from './bytes.ts';
import { isCodedError, kernelError } from './errors.ts';
import { KEY_TYPE_TAGS, PUBLIC_KEY_BYTES, ed25519Key, type KeyType, type SigningKey } from './keys.ts';
import type { Random } from './random.ts';
import { secp256k1Key } from './secp256k1.ts';

/** An encrypted key as a JSON document. Only `crypto.ciphertext` depends on the secret. */
export interface KeyFile {
  readonly version: 1;
  readonly kind: 'bizra-key';
  readonly type: KeyType;
  readonly name: string;
  /** bech32m address of the public key. */
  readonly address: string;
  /** Hex. */
  readonly publicKey: string;
  readonly crypto: {
    readonly kdf: 'scrypt';
    readonly n: number;
    readonly r: number;
    readonly p: number;
    readonly salt: string;
    readonly cipher: 'xchacha20-poly1305';
    readonly nonce: string;
    readonly ciphertext: string;
  };
}

/** scrypt (RFC 7914) cost: 32 MiB and some 80 ms of one core. */
const SCRYPT_COST = { n: 2 ** 15, r: 8, p: 1 };
const SCRYPT_N_MAX = 2 ** 20;
const SALT_BYTES = 32;
const NONCE_BYTES = 24;
const CIPHER_KEY_BYTES = 32;

/**
 * The key of a secret in portable code: of an Ed25519 seed, or a secp256k1 secret, of 32 bytes each.
 *
 * @throws `kernel.malformed-key`
 */
export function keyOfSecret(type: KeyType, secret: Uint8Array): SigningKey {
  return type === 'secp256k1' ? secp256k1Key(secret) : ed25519Key(secret);
}

/**
 * Encrypts a secret under a password. The public key is authenticated with it.
 *
 * @param options.seed 32 bytes: an Ed25519 seed, or the secret of a secp256k1 key where `type` says so
 * @throws `kernel.malformed-key`
 */
export async function encryptKey(options: {
  seed: Uint8Array;
  /** Ed25519 unless it says otherwise. */
  type?: KeyType;
  name: string;
  password: string;
  random: Random;
}): Promise<KeyFile> {
  const { type = 'ed25519' } = options;
  const { publicKey } = keyOfSecret(type, options.seed);
  const salt = options.random.bytes(SALT_BYTES);
  const nonce = options.random.bytes(NONCE_BYTES);
  const cipherKey = await deriveCipherKey(options.password, salt, SCRYPT_COST);
  const ciphertext = xchacha20poly1305(cipherKey, nonce, publicKey).encrypt(options.seed);
  return {
    version: 1,
    kind: 'bizra-key',
    type,
    name: options.name,
    address: formatAddress(addressOfKey(type, publicKey)),
    publicKey: toHex(publicKey),
    crypto: {
      kdf: 'scrypt',
      ...SCRYPT_COST,
      salt: toHex(salt),
      cipher: 'xchacha20-poly1305',
      nonce: toHex(nonce),
      ciphertext: toHex(ciphertext),
    },
  };
}

/**
 * The secret of an encrypted key: the seed of an Ed25519 key.
 *
 * @param type the type that the caller has a use for. The 32 bytes do not tell what they are a secret of, and as a
 *   secret of the other type they would make a key that nobody meant.
 * @throws `kernel.keystore-key-type` for a key of another type, `kernel.keystore-password` for a wrong password or
 *   altered file
 */
export async function decryptKey(
  file: KeyFile,
  password: string,
  type: KeyType = 'ed25519',
): Promise<Uint8Array> {
  if (file.type !== type) {
    throw kernelError(
      'keystore-key-type',
      `the key ${file.name || file.address} is of type ${file.type}; here only ${type} keys are of use`,
      { address: file.address, found: file.type, expected: type },
    );
  }
  const { crypto } = file;
  const publicKey = fromHex(file.publicKey, PUBLIC_KEY_BYTES[type]);
  const cipherKey = await deriveCipherKey(password, fromHex(crypto.salt, SALT_BYTES), crypto);
  let seed: Uint8Array;
  try {
    const cipher = xchacha20poly1305(cipherKey, fromHex(crypto.nonce, NONCE_BYTES), publicKey);
    seed = cipher.decrypt(fromHex(crypto.ciphertext));
  } catch (cause) {
    throw kernelError(
      'keystore-password',
      `the password does not open the key ${file.name || file.address}, or the file was altered`,
      { address: file.address },
      { cause },
    );
  }
  if (!isSecretOf(type, seed, publicKey)) {
    throw kernelError(
      'keystore-malformed',
      `the key file of ${file.address} holds another key than it names`,
    );
  }
  return seed;
}

function isSecretOf(type: KeyType, secret: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return equalBytes(keyOfSecret(type, secret).publicKey, publicKey);
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
}

/**
 * Reads a key file's JSON text strictly.
 *
 * @throws `kernel.keystore-malformed` naming the member that is wrong
 */
export function parseKeyFile(text: string): KeyFile {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw kernelError('keystore-malformed', 'the key file is not JSON', {}, { cause });
  }
  const file = document as KeyFile;
  const wrong = (member: string) =>
    kernelError('keystore-malformed', `the key file's member "${member}" is missing or not as expected`, {
      member,
    });
  if (typeof document !== 'object' || document === null || file.kind !== 'bizra-key') throw wrong('kind');
  if (file.version !== 1) throw wrong('version');
  if (typeof file.type !== 'string' || !Object.hasOwn(KEY_TYPE_TAGS, file.type)) throw wrong('type');
  for (const member of ['name', 'address', 'publicKey'] as const) {
    if (typeof file[member] !== 'string') throw wrong(member);
  }
  const crypto = file.crypto;
  if (typeof crypto !== 'object' || crypto === null) throw wrong('crypto');
  if (crypto.kdf !== 'scrypt') throw wrong('crypto.kdf');
  if (crypto.cipher !== 'xchacha20-poly1305') throw wrong('crypto.cipher');
  const { n, r, p } = crypto;
  // Bounds keep a hostile file from asking for the machine's memory.
  const plausible =
    [n, r, p].every((cost) => Number.isInteger(cost) && cost > 0) && n <= SCRYPT_N_MAX && r <= 16 && p <= 4;
  if (!plausible || (n & (n - 1)) !== 0) throw wrong('crypto.n');
  for (const member of ['salt', 'nonce', 'ciphertext'] as const) {
    if (typeof crypto[member] !== 'string') throw wrong(`crypto.${member}`);
  }
  const publicKey = fromHex(file.publicKey, PUBLIC_KEY_BYTES[file.type]);
  if (formatAddress(addressOfKey(file.type, publicKey)) !== file.address) throw wrong('address');
  return file;
}

function deriveCipherKey(
  password: string,
  salt: Uint8Array,
  cost: { n: number; r: number; p: number },
): Promise<Uint8Array> {
  const { n, r, p } = cost;
  return new Promise((resolve, reject) => {
    // NFKC, so that the same password typed on another keyboard layout or system opens the key (RFC 8265).
    const secret = utf8(password.normalize('NFKC'));
    const maxmem = 128 * n * r * p + 2 ** 22;
    scrypt(secret, salt, CIPHER_KEY_BYTES, { N: n, r, p, maxmem }, (error, key) => {
      if (error) reject(error);
      else resolve(new Uint8Array(key));
    });
  });
}
