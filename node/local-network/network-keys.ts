import type { Dirent } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ED25519_SEED_BYTES,
  addressOfKey,
  deriveSeed,
  fromHex,
  isCodedError,
  parseAddress,
  toHex,
  type SigningKey,
} from '#kernel';
import { decryptKey, parseKeyFile, type KeyFile } from '#kernel/keystore';
import { nativeEd25519Key, systemRandom } from '#runtime';
import { peerIdOfSeed } from '#services/network';
import { homeError } from '../home/errors.ts';
import { isThere, readPassword, writeKeyFile, writeSecretText } from '../home/key-files.ts';
import { nodeLayout, type NetworkLayout, type NodeLayout } from './layout.ts';

/** Accounts of a rehearsal that people use by name. */
const ACCOUNT_NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'];
/** Key file from which the paying accounts of the load generator derive. */
const LOAD_ACCOUNT = 'load';
export const LOAD_ACCOUNTS = 1_000;
const PASSWORD_BYTES = 32;
const KEY_FOLDER_DEPTH_MAX = 3;

/** The keys of a validator of a local network. */
export interface ValidatorKeys {
  readonly name: string;
  readonly consensusKey: SigningKey;
  readonly operatorKey: SigningKey;
}

/**
 * Keys of `count` validators in a folder of their own, with the `password` beside them. Those that are there
 * already are taken.
 */
export async function makeValidatorKeys(folder: string, count: number): Promise<ValidatorKeys[]> {
  const layout = {
    password: join(folder, 'password'),
    validator: (index: number) => nodeLayout(join(folder, `validator-${index}`), `validator-${index}`),
  };
  return ensureValidatorKeys(layout, count, await ensurePassword(layout));
}

/** The password of the home's key files; made at the first call. */
export async function ensurePassword(layout: Pick<NetworkLayout, 'password'>): Promise<string> {
  if (!(await isThere(layout.password))) {
    await writeSecretText(layout.password, `${toHex(systemRandom.bytes(PASSWORD_BYTES))}\n`);
  }
  return readPassword(layout.password);
}

/** Keys of `count` validators, made where they are not there yet: a creation that was cut short goes on. */
export function ensureValidatorKeys(
  layout: Pick<NetworkLayout, 'validator'>,
  count: number,
  password: string,
): Promise<ValidatorKeys[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const node = layout.validator(index);
      const [consensusSeed, operatorSeed] = await Promise.all([
        ensureSeed(node.consensusKey, `${node.name} consensus`, password),
        ensureSeed(node.operatorKey, `${node.name} operator`, password),
      ]);
      return {
        name: node.name,
        consensusKey: nativeEd25519Key(consensusSeed),
        operatorKey: nativeEd25519Key(operatorSeed),
      };
    }),
  );
}

/** Keys that nobody keeps: to judge what needs validators before any are made. */
export function throwawayValidators(count: number): ValidatorKeys[] {
  const key = (): SigningKey => nativeEd25519Key(systemRandom.bytes(ED25519_SEED_BYTES));
  return Array.from({ length: count }, (_, index) => ({
    name: `validator-${index}`,
    consensusKey: key(),
    operatorKey: key(),
  }));
}

/** The transport identities of all nodes, in order. */
export function ensurePeerIds(nodes: readonly NodeLayout[], password: string): Promise<string[]> {
  return Promise.all(
    nodes.map(async ({ name, transportKey }) => {
      return peerIdOfSeed(await ensureSeed(transportKey, `${name} transport`, password));
    }),
  );
}

export interface RehearsalAccount {
  readonly address: Uint8Array;
  readonly label: string;
  readonly kind: 'named' | 'load';
}

/** Accounts whose keys are in the home: some with names, and many for load. */
export async function ensureAccounts(layout: NetworkLayout, password: string): Promise<RehearsalAccount[]> {
  const [seed, ...named] = await Promise.all([
    ensureSeed(layout.account(LOAD_ACCOUNT), LOAD_ACCOUNT, password),
    ...ACCOUNT_NAMES.map((name) => ensureKey(layout.account(name), name, password)),
  ]);
  return [
    ...named.map(({ address, name }) => ({
      address: parseAddress(address),
      label: name,
      kind: 'named' as const,
    })),
    ...Array.from({ length: LOAD_ACCOUNTS }, (_, index) => {
      const { publicKey } = nativeEd25519Key(deriveSeed(seed, index));
      return {
        address: addressOfKey('ed25519', publicKey),
        label: `${LOAD_ACCOUNT} ${index}`,
        kind: 'load' as const,
      };
    }),
  ];
}

/**
 * Takes the keys of a genesis' validators over from `folder` (key files and their `password`) into the home.
 *
 * @param publicKeys hex, in the order of the genesis
 * @throws `home.keys-missing`
 */
export async function adoptValidatorKeys(
  layout: NetworkLayout,
  options: { publicKeys: readonly string[]; folder: string; password: string },
): Promise<void> {
  const { publicKeys, folder, password } = options;
  const found = await findValidatorKeys(publicKeys, folder);
  const theirs = await readPassword(join(folder, 'password'));
  for (const [index, publicKey] of publicKeys.entries()) {
    const { consensusKey, name } = layout.validator(index);
    if (await isThere(consensusKey)) continue;
    const seed = await decryptKey(found.get(publicKey) as KeyFile, theirs);
    await writeKeyFile(consensusKey, { seed, name: `${name} consensus`, password, random: systemRandom });
  }
}

/**
 * Whether `adoptValidatorKeys` would find the keys and open them; makes nothing.
 *
 * @throws `home.keys-missing`, `home.unreadable`, `kernel.keystore-password`
 */
export async function checkValidatorKeys(publicKeys: readonly string[], folder: string): Promise<void> {
  const found = await findValidatorKeys(publicKeys, folder);
  const password = await readPassword(join(folder, 'password'));
  // One password opens the files of a folder: the first stands for all.
  const [first] = publicKeys;
  if (first !== undefined) await decryptKey(found.get(first) as KeyFile, password);
}

/**
 * The key files in `folder` by their public key in hex.
 *
 * @throws `home.keys-missing` naming the public keys that none is of
 */
async function findValidatorKeys(
  publicKeys: readonly string[],
  folder: string,
): Promise<ReadonlyMap<string, KeyFile>> {
  const found = await keyFilesIn(folder, KEY_FOLDER_DEPTH_MAX);
  const missing = publicKeys.filter((key) => !found.has(key));
  if (missing.length === 0) return found;
  throw homeError(
    'keys-missing',
    `${folder} has no key file for ${missing.length} of the ${publicKeys.length} validators of the genesis (${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', …' : ''}); name the folder of the key files with --keys`,
    { folder, missing },
  );
}

async function keyFilesIn(folder: string, depth: number): Promise<Map<string, KeyFile>> {
  const found = new Map<string, KeyFile>();
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth > 0) {
      for (const [key, file] of await keyFilesIn(path, depth - 1)) found.set(key, file);
    } else if (entry.isFile() && entry.name.endsWith('.json')) {
      const file = await tryKeyFile(path);
      // Of the types, Ed25519 alone is for consensus.
      if (file?.type === 'ed25519') found.set(toHex(fromHex(file.publicKey, 32)), file);
    }
  }
  return found;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw homeError(
      'unreadable',
      `the folder of key files ${folder} cannot be read: ${reason}`,
      { folder },
      { cause },
    );
  }
}

/** The key file at the path; undefined for any other JSON. */
async function tryKeyFile(path: string): Promise<KeyFile | undefined> {
  try {
    return parseKeyFile(await readFile(path, 'utf8'));
  } catch (error) {
    if (isCodedError(error)) return undefined;
    throw error;
  }
}

async function ensureKey(path: string, name: string, password: string): Promise<KeyFile> {
  if (await isThere(path)) return parseKeyFile(await readFile(path, 'utf8'));
  const seed = systemRandom.bytes(ED25519_SEED_BYTES);
  return writeKeyFile(path, { seed, name, password, random: systemRandom });
}

/** The seed of a key file. One that is made is not decrypted again: that costs as much as to encrypt it. */
async function ensureSeed(path: string, name: string, password: string): Promise<Uint8Array> {
  if (await isThere(path)) return decryptKey(parseKeyFile(await readFile(path, 'utf8')), password);
  const seed = systemRandom.bytes(ED25519_SEED_BYTES);
  await writeKeyFile(path, { seed, name, password, random: systemRandom });
  return seed;
}
