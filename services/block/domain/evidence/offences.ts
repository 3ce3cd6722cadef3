import { listRoot, toHex } from '#kernel';
import type { Offence } from '#services/blockchain';
import type { Evidence } from './types.ts';

/** The facts that the ledger records of evidence: one offence an accountable validator (EVID-14). */
export function offencesOf(evidence: Evidence): readonly Offence[] {
  const { kind, height, timeMs, hash: evidenceHash } = evidence;
  const accountable = evidence.kind === 'light-client-attack' ? evidence.accountable : [evidence.validator];
  return accountable.map(({ address: validator, power }) => {
    return { validator, power, kind, height, timeMs, evidenceHash };
  });
}

/** Text of what makes an offence one: validator, height and kind (EVID-12). */
export function offenceKey({ validator, height, kind }: Offence): string {
  return `${toHex(validator)}:${height}:${kind}`;
}

/** Merkle root of the identities of a block's evidence, in order. */
export function evidenceRoot(evidence: readonly Evidence[]): Uint8Array {
  return listRoot(evidence.map(({ hash }) => hash));
}
