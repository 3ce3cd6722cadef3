export { lightValidatorSet, makeLightBlock, stateOf } from './domain/light-block.ts';
export type {
  Divergence,
  LightBlock,
  LightValidator,
  TrustedState,
  TrustRoot,
  VerificationRules,
} from './domain/types.ts';
export { lightError } from './errors.ts';
export type { LightBlockSource, LightStore } from './ports.ts';
export {
  createVerifiedReader,
  type VerifiedAccount,
  type VerifiedAttestation,
  type VerifiedReader,
  type VerifiedTransaction,
} from './proofs/verified-reader.ts';
export { createApi, type Api } from './rest/api.ts';
export { restLightSource } from './rest/rest-source.ts';
export { createLightClient, type LightClient } from './verification/light-client.ts';
export { createLightPool } from './verification/light-pool.ts';
export { memoryLightStore } from './verification/memory-store.ts';
export { webCryptoVerifier } from './verification/web-crypto-verifier.ts';
