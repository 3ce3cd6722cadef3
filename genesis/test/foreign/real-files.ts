import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Loose } from '../fixtures/documents.ts';

/** Genesis documents of real chains; too large to be part of the repository. */
const FOLDER = join(import.meta.dirname, '../../../../shared/data/genesis');

/** The bytes of a real genesis; undefined, said aloud, where it is not at hand. */
export function readReal(name: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(join(FOLDER, name)));
  } catch {
    console.error(`SKIPPED: ${skipReason(name)}; what is tested with this real genesis is NOT tested`);
    return undefined;
  }
}

export function skipReason(name: string): string {
  return `${name} is not in shared/data/genesis beside the repository`;
}

export function transactionsOf(file: Loose): Loose[] {
  return file.app_state.gentxs ?? file.app_state.genutil.gen_txs;
}
