import { base64 } from '@scure/base';
import { MultiSignature } from 'cosmjs-types/cosmos/crypto/multisig/v1beta1/multisig';
import { equalBytes } from '#kernel';
import { pointer, type Findings } from '../../report/findings.ts';
import type { ForeignKey } from '../keys.ts';
import { at, isShape, type Shape } from '../shape.ts';
import { aminoFromProtobuf, aminoSignBytes } from './amino-sign-bytes.ts';
import { positionsOf } from './bit-array.ts';
import { readCreateValidator } from './create-validator.ts';
import type { CreateValidator, Declaration, Placed, SignaturePart, SignatureTree } from './declaration.ts';
import { directSignBytes, type TransactionParts } from './direct-sign-bytes.ts';
import { FormReader, own } from './form-reader.ts';
import { readModeInfo, type ModeTree } from './mode-info.ts';
import { readTimestamp } from './timestamp.ts';

const MESSAGE_TYPE = '/cosmos.staking.v1beta1.MsgCreateValidator';

/** True for a genesis transaction in protobuf-JSON: `{ body, auth_info, signatures }`. */
export function isProtobufTransaction(transaction: unknown): boolean {
  return at(transaction, 'body') !== undefined;
}

/** Reads a genesis transaction of SDK 0.40 and later. */
export function readProtobuf(
  transaction: unknown,
  path: string,
  chainId: string,
  findings: Findings,
): Declaration {
  const reader = new FormReader(findings);
  const outer = reader.object(transaction, path, ['body', 'auth_info', 'signatures']) ?? {};
  const body = readBody(own(outer, 'body'), pointer(path, 'body'), reader);
  const auth = readAuth(own(outer, 'auth_info'), pointer(path, 'auth_info'), reader);
  const signed = readSigned(outer, path, { body, auth, chainId }, reader);
  return {
    path,
    message: body?.message,
    memo: body && { path: pointer(pointer(path, 'body'), 'memo'), value: body.memo },
    signed,
    signerKey: auth?.key,
    isFaulty: reader.isFaulty,
    obstacles: reader.obstacles,
  };
}

interface Body {
  readonly message: CreateValidator | undefined;
  readonly memo: string;
  readonly parts: Omit<TransactionParts, 'auth' | 'message'>;
}

function readBody(value: unknown, path: string, reader: FormReader): Body | undefined {
  const members = reader.object(
    value,
    path,
    ['messages', 'memo', 'timeout_height', 'extension_options', 'non_critical_extension_options'],
    ['unordered', 'timeout_timestamp'],
  );
  if (members === undefined) return undefined;
  for (const name of ['extension_options', 'non_critical_extension_options']) {
    for (const [i] of reader.list(members, name, path).entries())
      reader.obstacle(pointer(pointer(path, name), i), 'extension options are not known here');
  }
  const unordered = own(members, 'unordered') ?? false;
  if (typeof unordered !== 'boolean') reader.fault(pointer(path, 'unordered'), 'expected true or false');
  const stamp = own(members, 'timeout_timestamp') ?? undefined;
  const timeoutTimestamp = stamp === undefined ? undefined : readTimestamp(stamp);
  if (stamp !== undefined && timeoutTimestamp === undefined)
    reader.fault(pointer(path, 'timeout_timestamp'), 'expected a time of RFC 3339');
  return {
    message: readMessage(members, path, reader),
    memo: reader.text(members, 'memo', path) ?? '',
    parts: {
      memo: reader.text(members, 'memo', path) ?? '',
      timeoutHeight: reader.uint64(members, 'timeout_height', path, true) ?? 0n,
      unordered: unordered === true,
      timeoutTimestamp,
    },
  };
}

function readMessage(members: Shape, base: string, reader: FormReader): CreateValidator | undefined {
  const list = pointer(base, 'messages');
  const messages = reader.list(members, 'messages', base);
  if (messages.length === 0) return reader.fault(list, 'there is no create-validator message in it');
  let found: CreateValidator | undefined;
  for (const [i, message] of messages.entries()) {
    const path = pointer(list, i);
    const type = isShape(message) ? own(message, '@type') : undefined;
    if (typeof type !== 'string') {
      reader.fault(path, 'the message has no type');
      continue;
    }
    if (type !== MESSAGE_TYPE)
      reader.obstacle(pointer(path, '@type'), `messages of the type ${type.slice(0, 80)} are not known here`);
    // Forks name it otherwise; what it declares is checked all the same.
    if (!type.endsWith('MsgCreateValidator')) continue;
    if (found !== undefined) reader.fault(path, 'a genesis transaction declares one validator');
    else found = readCreateValidator(message, path, reader, ['@type']);
  }
  return found;
}

interface Auth {
  readonly key: Placed<ForeignKey> | undefined;
  readonly mode: ModeTree | undefined;
  readonly parts: TransactionParts['auth'];
}

function readAuth(value: unknown, path: string, reader: FormReader): Auth | undefined {
  const members = reader.object(value, path, ['signer_infos', 'fee'], ['tip']);
  if (members === undefined) return undefined;
  const infosPath = pointer(path, 'signer_infos');
  const infos = reader.list(members, 'signer_infos', path);
  if (infos.length !== 1)
    return reader.fault(infosPath, `there are ${infos.length} signers; a genesis transaction has one`);
  const infoPath = pointer(infosPath, 0);
  const info = reader.object(infos[0], infoPath, ['public_key', 'mode_info', 'sequence']) ?? {};
  const keyPath = pointer(infoPath, 'public_key');
  const key = reader.key(own(info, 'public_key'), keyPath);
  const mode = readModeInfo(own(info, 'mode_info'), pointer(infoPath, 'mode_info'), reader);
  const sequence = reader.uint64(info, 'sequence', infoPath, true) ?? 0n;
  if (sequence !== 0n) reader.fault(pointer(infoPath, 'sequence'), 'the sequence is 0 at genesis');
  const feePath = pointer(path, 'fee');
  const fee = reader.object(own(members, 'fee') ?? {}, feePath, ['amount', 'gas_limit', 'payer', 'granter']);
  const tipPath = pointer(path, 'tip');
  const tipValue = own(members, 'tip') ?? undefined;
  const tip = tipValue === undefined ? undefined : reader.object(tipValue, tipPath, ['amount', 'tipper']);
  const text = (shape: Shape, name: string, at_: string): string => reader.text(shape, name, at_) ?? '';
  return {
    key: key && { path: keyPath, value: key },
    mode,
    parts: {
      key,
      mode,
      sequence,
      fee: {
        amount: reader.coins(fee ?? {}, 'amount', feePath),
        gasLimit: reader.uint64(fee ?? {}, 'gas_limit', feePath, true) ?? 0n,
        payer: text(fee ?? {}, 'payer', feePath),
        granter: text(fee ?? {}, 'granter', feePath),
      },
      tip: tip && { amount: reader.coins(tip, 'amount', tipPath), tipper: text(tip, 'tipper', tipPath) },
    },
  };
}

function readSigned(
  outer: Shape,
  path: string,
  { body, auth, chainId }: { body: Body | undefined; auth: Auth | undefined; chainId: string },
  reader: FormReader,
): SignaturePart | undefined {
  const list = pointer(path, 'signatures');
  const signatures = reader.list(outer, 'signatures', path);
  if (signatures.length !== 1)
    return reader.fault(list, `there are ${signatures.length} signatures; the one signer signs once`);
  const signaturePath = pointer(list, 0);
  const bytes = reader.base64(signatures[0], signaturePath);
  if (bytes === undefined || body?.message === undefined || auth?.key === undefined) return undefined;
  if (auth.mode === undefined || reader.isFaulty) return undefined;
  const { path: keyPath, value: key } = auth.key;
  const signature = readMultiSignature(key, bytes, auth.mode);
  if (signature === undefined)
    return reader.fault(signaturePath, 'the signature does not fit the key and the mode of its signer');
  const mode = onlyModeOf(auth.mode);
  if (mode === undefined)
    reader.obstacle(pointer(path, 'auth_info'), 'signers that sign in different modes are not known here');
  const parts: TransactionParts = { ...body.parts, auth: auth.parts, message: body.message };
  const signBytes = reader.obstacles.length > 0 ? [] : signBytesOf(mode, parts, chainId);
  if (signBytes.length === 0 && reader.obstacles.length === 0)
    reader.obstacle(keyPath, 'what is signed in this mode cannot be put together for this transaction');
  return { path: signaturePath, key, signature, signBytes };
}

function signBytesOf(mode: string | undefined, parts: TransactionParts, chainId: string): Uint8Array[] {
  if (mode === 'SIGN_MODE_DIRECT') return [directSignBytes(parts, chainId)];
  const { auth, message, memo, timeoutHeight } = parts;
  const pubkey = message.consensusKey?.value;
  // These have no place in the older form: the SDK refuses them in this mode.
  if (auth.tip !== undefined || parts.unordered || parts.timeoutTimestamp !== undefined) return [];
  if (pubkey?.kind !== 'ed25519' && pubkey?.kind !== 'secp256k1') return [];
  const type = pubkey.kind === 'ed25519' ? 'tendermint/PubKeyEd25519' : 'tendermint/PubKeySecp256k1';
  const { amount, gasLimit, payer, granter } = auth.fee;
  return aminoSignBytes({
    chainId,
    memo,
    timeoutHeight,
    fee: {
      amount: amount.map((coin) => ({ denom: coin.denom, amount: coin.amount.toString() })),
      gas: gasLimit.toString(),
      ...(payer !== '' && { payer }),
      ...(granter !== '' && { granter }),
    },
    message: {
      type: 'cosmos-sdk/MsgCreateValidator',
      value: aminoFromProtobuf(message, { type, value: base64.encode(pubkey.bytes) }),
    },
  });
}

/** The mode in which all of the keys signed; undefined where they differ. */
function onlyModeOf(mode: ModeTree): string | undefined {
  if (mode.kind === 'single') return mode.mode;
  const [first, ...others] = mode.modes.map(onlyModeOf);
  return others.every((other) => other === first) ? first : undefined;
}

function readMultiSignature(key: ForeignKey, bytes: Uint8Array, mode: ModeTree): SignatureTree | undefined {
  if (key.kind !== 'multisig' || mode.kind === 'single')
    return key.kind !== 'multisig' && mode.kind === 'single' ? bytes : undefined;
  const positions = positionsOf(mode.bits, key.keys.length);
  const signatures = decodeSignatures(bytes);
  if (positions === undefined || signatures?.length !== positions.length) return undefined;
  if (mode.modes.length !== positions.length) return undefined;
  const byKey = new Map<number, SignatureTree>();
  for (const [i, position] of positions.entries()) {
    const tree = readMultiSignature(
      key.keys[position] as ForeignKey,
      signatures[i] as Uint8Array,
      mode.modes[i] as ModeTree,
    );
    if (tree === undefined) return undefined;
    byKey.set(position, tree);
  }
  return { byKey };
}

function decodeSignatures(bytes: Uint8Array): Uint8Array[] | undefined {
  try {
    const message = MultiSignature.decode(bytes);
    return equalBytes(MultiSignature.encode(message).finish(), bytes) ? message.signatures : undefined;
  } catch {
    return undefined;
  }
}
