import { BinaryReader, BinaryWriter } from 'cosmjs-types/binary';
import { CompactBitArray } from 'cosmjs-types/cosmos/crypto/multisig/v1beta1/multisig';
import { equalBytes } from '#kernel';
import { pointer } from '../../report/findings.ts';
import type { ForeignKey } from '../keys.ts';
import { at, isShape, type Shape } from '../shape.ts';
import { aminoMessageForms, aminoSignBytes } from './amino-sign-bytes.ts';
import { positionsOf } from './bit-array.ts';
import { readCreateValidator } from './create-validator.ts';
import type { Declaration, SignaturePart, SignatureTree } from './declaration.ts';
import { FormReader, own } from './form-reader.ts';
import type { Findings } from '../../report/findings.ts';

const MESSAGE_TYPE = 'cosmos-sdk/MsgCreateValidator';

/** True for a genesis transaction in amino-JSON: `{ type, value: { msg, fee, signatures, memo } }`. */
export function isAminoTransaction(transaction: unknown): boolean {
  return at(transaction, 'value', 'msg') !== undefined || at(transaction, 'type') !== undefined;
}

/** Reads a genesis transaction of SDK 0.2x to 0.39. */
export function readAmino(
  transaction: unknown,
  path: string,
  chainId: string,
  findings: Findings,
): Declaration {
  const reader = new FormReader(findings);
  const outer = reader.object(transaction, path, ['type', 'value']);
  const base = pointer(path, 'value');
  if (outer !== undefined) checkType(outer, path, reader);
  const standard =
    outer &&
    reader.object(own(outer, 'value'), base, ['msg', 'fee', 'signatures', 'memo'], ['timeout_height']);
  const nothing = { path, message: undefined, memo: undefined, signed: undefined, signerKey: undefined };
  if (standard === undefined) return { ...nothing, isFaulty: true, obstacles: [] };
  const memo = reader.text(standard, 'memo', base);
  const timeoutHeight = reader.uint64(standard, 'timeout_height', base) ?? 0n;
  const fee = readFee(standard, base, reader);
  const found = readMessage(standard, base, reader);
  const message = found && readCreateValidator(found.value, pointer(found.path, 'value'), reader);
  const signature = readSignature(standard, base, reader);
  const parts = { chainId, fee: fee ?? {}, memo: memo ?? '', timeoutHeight };
  const signBytes = (): Uint8Array[] =>
    aminoMessageForms(found?.value ?? {}).flatMap((value) =>
      aminoSignBytes({ ...parts, message: { type: MESSAGE_TYPE, value } }),
    );
  const signed: SignaturePart | undefined =
    signature === undefined || message === undefined || reader.isFaulty
      ? undefined
      : { ...signature, signBytes: reader.obstacles.length === 0 ? signBytes() : [] };
  return {
    path,
    message,
    memo: memo === undefined ? undefined : { path: pointer(base, 'memo'), value: memo },
    signed,
    signerKey: signature && { path: signature.keyPath, value: signature.key },
    isFaulty: reader.isFaulty,
    obstacles: reader.obstacles,
  };
}

function checkType(outer: Shape, path: string, reader: FormReader): void {
  const type = own(outer, 'type');
  if (type === undefined || type === 'auth/StdTx' || type === 'cosmos-sdk/StdTx') return;
  if (typeof type === 'string')
    reader.obstacle(
      pointer(path, 'type'),
      `transactions of the type ${type.slice(0, 80)} are not known here`,
    );
  else reader.fault(pointer(path, 'type'), 'the type of a transaction is a text');
}

function readFee(standard: Shape, base: string, reader: FormReader): Shape | undefined {
  const path = pointer(base, 'fee');
  const fee = reader.object(own(standard, 'fee') ?? {}, path, ['amount', 'gas'], ['payer', 'granter']);
  if (fee === undefined) return undefined;
  const gas = reader.uint64(fee, 'gas', path) ?? 0n;
  const amount = reader.coins(fee, 'amount', path);
  const parties = ['payer', 'granter']
    .map((name) => [name, reader.text(fee, name, path) ?? ''] as const)
    .filter(([, text]) => text !== '');
  return {
    amount: amount.map((coin) => ({ denom: coin.denom, amount: coin.amount.toString() })),
    gas: gas.toString(),
    ...Object.fromEntries(parties),
  };
}

/** The one message, when it is of the known type. */
function readMessage(
  standard: Shape,
  base: string,
  reader: FormReader,
): { path: string; value: Shape } | undefined {
  const list = pointer(base, 'msg');
  const messages = reader.list(standard, 'msg', base);
  if (messages.length === 0) return reader.fault(list, 'there is no create-validator message in it');
  let found: { path: string; value: Shape } | undefined;
  for (const [i, message] of messages.entries()) {
    const path = pointer(list, i);
    const members = reader.object(message, path, ['type', 'value']);
    const type = members && reader.text(members, 'type', path);
    const value = members && own(members, 'value');
    if (type === undefined) continue;
    if (type !== MESSAGE_TYPE)
      reader.obstacle(pointer(path, 'type'), `messages of the type ${type.slice(0, 80)} are not known here`);
    // Forks name it otherwise; what it declares is checked all the same.
    if (!type.endsWith('MsgCreateValidator')) continue;
    if (found !== undefined) reader.fault(path, 'a genesis transaction declares one validator');
    else if (isShape(value)) found = { path, value };
    else reader.fault(pointer(path, 'value'), 'the message has no members');
  }
  return found;
}

function readSignature(
  standard: Shape,
  base: string,
  reader: FormReader,
): (Omit<SignaturePart, 'signBytes'> & { keyPath: string }) | undefined {
  const list = pointer(base, 'signatures');
  const signatures = reader.list(standard, 'signatures', base);
  if (signatures.length !== 1)
    return reader.fault(list, `there are ${signatures.length} signatures; the one signer signs once`);
  const path = pointer(list, 0);
  const members = reader.object(
    signatures[0],
    path,
    ['pub_key', 'signature'],
    ['account_number', 'sequence'],
  );
  if (members === undefined) return undefined;
  for (const name of ['account_number', 'sequence'])
    if ((reader.uint64(members, name, path) ?? 0n) !== 0n)
      reader.fault(pointer(path, name), `the ${name} is 0 at genesis`);
  const keyPath = pointer(path, 'pub_key');
  const signaturePath = pointer(path, 'signature');
  const key = reader.key(own(members, 'pub_key'), keyPath);
  const bytes = reader.base64(own(members, 'signature'), signaturePath);
  if (key === undefined || bytes === undefined) return undefined;
  const signature = readSignatureTree(key, bytes);
  if (signature === undefined)
    return reader.fault(signaturePath, 'the signature of the threshold key is not one in its canonical form');
  return { path: signaturePath, key, keyPath, signature };
}

/**
 * The signatures in a legacy multisignature: field 1 is a compact bit array of the keys that signed, field 2 one
 * signature for each of them. What is not in the one form that encoders give is none.
 */
export function readSignatureTree(key: ForeignKey, bytes: Uint8Array): SignatureTree | undefined {
  if (key.kind !== 'multisig') return bytes;
  const found = readMultisignature(bytes);
  const positions = found && positionsOf(found.bits, key.keys.length);
  if (found === undefined || positions?.length !== found.signatures.length) return undefined;
  const byKey = new Map<number, SignatureTree>();
  for (const [i, position] of positions.entries()) {
    const tree = readSignatureTree(key.keys[position] as ForeignKey, found.signatures[i] as Uint8Array);
    if (tree === undefined) return undefined;
    byKey.set(position, tree);
  }
  return { byKey };
}

function readMultisignature(
  bytes: Uint8Array,
): { bits: CompactBitArray; signatures: Uint8Array[] } | undefined {
  try {
    const reader = new BinaryReader(bytes);
    if (reader.uint32() !== 0x0a) return undefined;
    const bits = CompactBitArray.decode(reader, reader.uint32());
    const signatures: Uint8Array[] = [];
    while (reader.pos < reader.len) {
      if (reader.uint32() !== 0x12) return undefined;
      signatures.push(reader.bytes());
    }
    // Decoders pass over what is not in canonical form: what comes back must be what was read.
    const writer = new BinaryWriter();
    writer.uint32(0x0a).bytes(CompactBitArray.encode(bits).finish());
    for (const signature of signatures) writer.uint32(0x12).bytes(signature);
    return equalBytes(writer.finish(), bytes) ? { bits, signatures } : undefined;
  } catch {
    return undefined;
  }
}
