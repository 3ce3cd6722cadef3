/** A path of packed nibbles with another nibble at a depth. */
export function withNibble(path: Uint8Array, depth: number, nibble: number): Uint8Array {
  const changed = path.slice();
  const byte = changed[depth >> 1] as number;
  changed[depth >> 1] = depth % 2 === 0 ? (nibble << 4) | (byte & 15) : (byte & 0xf0) | nibble;
  return changed;
}
