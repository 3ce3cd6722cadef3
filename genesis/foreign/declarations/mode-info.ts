import type { CompactBitArray } from 'cosmjs-types/cosmos/crypto/multisig/v1beta1/multisig';
import { pointer } from '../../report/findings.ts';
import { readUint64 } from '../numbers.ts';
import { shown } from '../encoding.ts';
import { own, type FormReader } from './form-reader.ts';

/** How a key signed: alone, or as a multisignature of keys each with a mode of its own. */
export type ModeTree =
  | { readonly kind: 'single'; readonly mode: SignMode }
  | { readonly kind: 'multi'; readonly bits: CompactBitArray; readonly modes: readonly ModeTree[] };

/** Modes whose sign bytes are known here, with their numbers in protobuf. */
const SIGN_MODES = { SIGN_MODE_DIRECT: 1, SIGN_MODE_LEGACY_AMINO_JSON: 127 } as const;
export type SignMode = keyof typeof SIGN_MODES;

const NESTING_MAX = 4;

export function signModeNumber(mode: SignMode): number {
  return SIGN_MODES[mode];
}

/** Reads `mode_info`. A mode that is not known here is an obstacle. */
export function readModeInfo(
  value: unknown,
  path: string,
  reader: FormReader,
  depth = 0,
): ModeTree | undefined {
  if (depth > NESTING_MAX) return reader.fault(path, 'the signers are nested too deeply');
  const members = reader.object(value, path, [], ['single', 'multi']);
  if (members === undefined) return undefined;
  const [single, multi] = [own(members, 'single'), own(members, 'multi')];
  if (single !== undefined && single !== null && (multi === undefined || multi === null)) {
    const at = pointer(path, 'single');
    const mode = own(reader.object(single, at, ['mode']) ?? {}, 'mode');
    for (const [name, number] of Object.entries(SIGN_MODES) as [SignMode, number][])
      if (mode === name || mode === number) {
        if (mode === number) reader.form(pointer(at, 'mode'), mode, name);
        return { kind: 'single', mode: name };
      }
    if (typeof mode === 'string' && mode.startsWith('SIGN_MODE_'))
      return reader.obstacle(pointer(at, 'mode'), `the sign mode ${mode.slice(0, 60)} is not known here`);
    return reader.fault(pointer(at, 'mode'), `${shown(mode)} is no sign mode`);
  }
  if (multi === undefined || multi === null)
    return reader.fault(path, 'the mode of the signer is neither single nor multi');
  return readMulti(multi, pointer(path, 'multi'), reader, depth);
}

function readMulti(value: unknown, path: string, reader: FormReader, depth: number): ModeTree | undefined {
  const members = reader.object(value, path, ['bitarray', 'mode_infos']);
  if (members === undefined) return undefined;
  const bitsPath = pointer(path, 'bitarray');
  const bitMembers = reader.object(own(members, 'bitarray'), bitsPath, ['extra_bits_stored', 'elems']);
  if (bitMembers === undefined) return undefined;
  const extraBitsStored = readUint64(own(bitMembers, 'extra_bits_stored') ?? 0);
  const elems = reader.base64(own(bitMembers, 'elems'), pointer(bitsPath, 'elems'));
  if (extraBitsStored === undefined || extraBitsStored > 7n)
    return reader.fault(pointer(bitsPath, 'extra_bits_stored'), 'expected a number from 0 to 7');
  const modes = reader
    .list(members, 'mode_infos', path)
    .map((mode, i) => readModeInfo(mode, pointer(pointer(path, 'mode_infos'), i), reader, depth + 1));
  if (elems === undefined || modes.some((mode) => mode === undefined)) return undefined;
  return {
    kind: 'multi',
    bits: { extraBitsStored: Number(extraBitsStored), elems },
    modes: modes.filter((mode) => mode !== undefined),
  };
}
