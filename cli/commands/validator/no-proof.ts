import { SIGNATURE_BYTES } from '#kernel';

/** Stands for the proof of possession until the preview was accepted and the key is opened. */
export const NO_PROOF: Uint8Array = new Uint8Array(SIGNATURE_BYTES);
