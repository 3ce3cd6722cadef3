/** The part of the context's face that also runs in a browser: leaves and their proofs, no engine. */
export { receiptCodec } from './domain/receipt.ts';
export { stateKey } from './domain/state-keys.ts';
export type { Account, AttestationRecord, Receipt, StateProof } from './domain/types.ts';
export { accountCodec, attestationRecord } from './domain/values.ts';
export { verifyStateProof } from './tree/proof.ts';
