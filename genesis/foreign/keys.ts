import {
  decodeAminoPubkey,
  isEd25519Pubkey,
  isEthSecp256k1Pubkey,
  isMultisigThresholdPubkey,
  isSecp256k1Pubkey,
  pubkeyToRawAddress,
  rawSecp256k1PubkeyToRawAddress,
  type Pubkey,
} from '@cosmjs/amino';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { base64 } from '@scure/base';
import { isStrongEd25519Key, toHex } from '#kernel';
import { readBase64, readBech32, shown } from './encoding.ts';
import { readInteger } from './numbers.ts';
import { isShape, type Shape } from './shape.ts';

/** A public key, in whatever form the document states it. */
export type ForeignKey =
  /** `type` is the name that the document gives it: chains with keys of Ethereum each have their own. */
  | {
      readonly kind: 'ed25519' | 'secp256k1' | 'ethsecp256k1';
      readonly type: string;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'multisig'; readonly threshold: number; readonly keys: readonly ForeignKey[] }
  /** A type that is not known here; nothing can be said about it. */
  | { readonly kind: 'unknown'; readonly type: string };

/** What is wrong with a key, and where: a path relative to the key. */
export interface KeyFault {
  readonly at: readonly (string | number)[];
  readonly reason: string;
}

/** Names of key types in amino-JSON and in protobuf-JSON. */
const KINDS: Readonly<Record<string, 'ed25519' | 'secp256k1' | 'ethsecp256k1' | 'multisig'>> = {
  'tendermint/PubKeyEd25519': 'ed25519',
  'tendermint/PubKeySecp256k1': 'secp256k1',
  'tendermint/PubKeyMultisigThreshold': 'multisig',
  'ethermint/PubKeyEthSecp256k1': 'ethsecp256k1',
  'os/PubKeyEthSecp256k1': 'ethsecp256k1',
  'injective/PubKeyEthSecp256k1': 'ethsecp256k1',
  '/cosmos.crypto.ed25519.PubKey': 'ed25519',
  '/cosmos.crypto.secp256k1.PubKey': 'secp256k1',
  '/cosmos.crypto.multisig.LegacyAminoPubKey': 'multisig',
  '/ethermint.crypto.v1.ethsecp256k1.PubKey': 'ethsecp256k1',
  '/injective.crypto.v1beta1.ethsecp256k1.PubKey': 'ethsecp256k1',
  '/cosmos.evm.crypto.v1.ethsecp256k1.PubKey': 'ethsecp256k1',
};

const LENGTHS = { ed25519: 32, secp256k1: 33, ethsecp256k1: 33 } as const;
/** Keys of one multisignature, with those of its members; the SDK's own limit on signatures is 7. */
const KEYS_MAX = 128;
const NESTING_MAX = 4;

export function isKey(value: ForeignKey | KeyFault): value is ForeignKey {
  return 'kind' in value;
}

/** Reads a key: bech32 of its amino encoding, `{ type, value }` or `{ "@type", key }`. */
export function readKey(value: unknown, depth = 0): ForeignKey | KeyFault {
  if (typeof value === 'string') return readBech32Key(value);
  if (!isShape(value)) return { at: [], reason: `${shown(value)} is not a public key` };
  const isAmino = typeof value['type'] === 'string';
  const typeMember = isAmino ? 'type' : '@type';
  const type = value[typeMember];
  if (typeof type !== 'string') return { at: [], reason: 'the public key has no type' };
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) return { kind: 'unknown', type };
  if (kind === 'multisig')
    return readMultisig(isAmino ? value['value'] : value, isAmino ? ['value'] : [], depth);
  const member = isAmino ? 'value' : 'key';
  const text = value[member];
  const bytes = typeof text === 'string' ? readBase64(text) : undefined;
  if (bytes === undefined)
    return { at: [member], reason: `${shown(text)} is not base64 in its canonical form` };
  return checkLength(kind, type, bytes, [member]);
}

function checkLength(
  kind: keyof typeof LENGTHS,
  type: string,
  bytes: Uint8Array,
  at: KeyFault['at'],
): ForeignKey | KeyFault {
  if (bytes.length === LENGTHS[kind]) return { kind, type, bytes };
  return { at, reason: `the ${kind} key has ${bytes.length} bytes; it must have ${LENGTHS[kind]}` };
}

function readMultisig(value: unknown, at: KeyFault['at'], depth: number): ForeignKey | KeyFault {
  const members: Shape = isShape(value) ? value : {};
  const listName = at.length > 0 ? 'pubkeys' : 'public_keys';
  const list = members[listName];
  // Amino-JSON writes integers as text; another form is none to its readers.
  const isText = typeof members['threshold'] === 'string';
  const threshold = at.length > 0 && !isText ? undefined : readInteger(members['threshold']);
  if (!Array.isArray(list) || list.length === 0 || list.length > KEYS_MAX || depth >= NESTING_MAX)
    return { at: [...at, listName], reason: `a multisignature has 1 to ${KEYS_MAX} keys` };
  if (threshold === undefined || threshold < 1n || threshold > BigInt(list.length))
    return {
      at: [...at, 'threshold'],
      reason: `the threshold is ${shown(members['threshold'])}; there are ${list.length} keys`,
    };
  const keys: ForeignKey[] = [];
  for (const [i, member] of (list as unknown[]).entries()) {
    const key = readKey(member, depth + 1);
    if (!isKey(key)) return { at: [...at, listName, i, ...key.at], reason: key.reason };
    keys.push(key);
  }
  return { kind: 'multisig', threshold: Number(threshold), keys };
}

function readBech32Key(text: string): ForeignKey | KeyFault {
  const decoded = readBech32(text);
  if (typeof decoded === 'string')
    return { at: [], reason: `${shown(text)} is not a bech32 public key: ${decoded}` };
  let key: Pubkey;
  try {
    key = decodeAminoPubkey(decoded.bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return reason.startsWith('Unsupported')
      ? { kind: 'unknown', type: `amino ${reason.slice(-10)}` }
      : { at: [], reason: `${shown(text)} is not a public key: ${reason.slice(0, 120)}` };
  }
  return isMultisigThresholdPubkey(key) ||
    isEd25519Pubkey(key) ||
    isSecp256k1Pubkey(key) ||
    isEthSecp256k1Pubkey(key)
    ? readKey(key)
    : { kind: 'unknown', type: key.type };
}

/** A key in the form of amino-JSON; undefined where a part of it is of an unknown type. */
function toAmino(key: ForeignKey): Pubkey | undefined {
  if (key.kind === 'unknown') return undefined;
  if (key.kind !== 'multisig')
    return {
      type: AMINO_NAMES[key.kind],
      value: base64.encode(key.bytes),
    };
  const pubkeys = key.keys.map(toAmino);
  if (pubkeys.some((part) => part === undefined)) return undefined;
  return {
    type: 'tendermint/PubKeyMultisigThreshold',
    value: { threshold: String(key.threshold), pubkeys },
  };
}

const AMINO_NAMES = {
  ed25519: 'tendermint/PubKeyEd25519',
  secp256k1: 'tendermint/PubKeySecp256k1',
  ethsecp256k1: 'os/PubKeyEthSecp256k1',
} as const;

/**
 * The 20 bytes of the account of a key: RIPEMD-160 of SHA-256 for secp256k1, Keccak-256 for the keys of Ethereum,
 * SHA-256 of the amino encoding for multisignatures.
 *
 * @returns undefined where a key is of an unknown type, or no point of its curve
 */
export function addressOfForeignKey(key: ForeignKey): Uint8Array | undefined {
  try {
    if (key.kind === 'secp256k1') return rawSecp256k1PubkeyToRawAddress(key.bytes);
    const amino = toAmino(key);
    return amino === undefined ? undefined : pubkeyToRawAddress(amino);
  } catch {
    return undefined;
  }
}

/** The reason why nobody can sign with a key; undefined for a sound or an unknown one. */
export function weaknessOf(key: ForeignKey): string | undefined {
  switch (key.kind) {
    case 'ed25519':
      return isStrongEd25519Key(key.bytes)
        ? undefined
        : 'the key is no point of the curve, or one of small order';
    case 'secp256k1':
    case 'ethsecp256k1':
      return secp256k1.utils.isValidPublicKey(key.bytes, true)
        ? undefined
        : 'the key is no point of the curve';
    case 'multisig':
      return key.keys.map(weaknessOf).find((weakness) => weakness !== undefined);
    case 'unknown':
      return undefined;
  }
}

/** Name of the first key of an unknown type in a key. */
export function unknownTypeOf(key: ForeignKey): string | undefined {
  if (key.kind === 'unknown') return key.type;
  if (key.kind !== 'multisig') return undefined;
  return key.keys.map(unknownTypeOf).find((type) => type !== undefined);
}

/** The same for the same key in any form, and for no other. */
export function identityOf(key: ForeignKey): string {
  if (key.kind === 'unknown') return `unknown ${key.type}`;
  if (key.kind === 'multisig') return `multisig ${key.threshold} ${key.keys.map(identityOf).join(' ')}`;
  return `${key.kind} ${toHex(key.bytes)}`;
}
