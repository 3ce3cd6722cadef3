import { base64, bech32 } from '@scure/base';

/** A bech32 text taken apart. */
export interface Bech32Text {
  readonly prefix: string;
  readonly bytes: Uint8Array;
}

/** Characters of a bech32 text that are read: keys of multisignatures are long, hostile texts longer. */
const BECH32_LENGTH_MAX = 1_024;

/**
 * Reads bech32 (BIP 173) of any prefix.
 *
 * @returns the reason, as text, where it is none
 */
export function readBech32(text: string, lengthMax = BECH32_LENGTH_MAX): Bech32Text | string {
  try {
    const { prefix, words } = bech32.decode(text as `${string}1${string}`, lengthMax);
    return { prefix, bytes: bech32.fromWords(words) };
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 120) : 'malformed';
  }
}

/**
 * Bytes of base64 in its one canonical form (RFC 4648, section 4). Go's decoder also takes set bits in the padding
 * and line breaks: two texts for the same bytes, of which only one was written by a tool.
 */
export function readBase64(text: string): Uint8Array | undefined {
  try {
    return base64.decode(text);
  } catch {
    return undefined;
  }
}

/** A value as it stands in the document, cut to what a message can hold. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
