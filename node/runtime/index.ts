export { systemClock, systemScheduler } from './clock.ts';
export { createLogger, LOG_LEVELS, type LogLevel } from './logger.ts';
export { pause } from './pause.ts';
export { systemRandom } from './random.ts';
export { nativeEd25519Key } from './signature/native-ed25519.ts';
export { signatureSelfTest } from './signature/self-test.ts';
export { createSignatureVerifier, type RuntimeVerifier } from './signature/verifier.ts';
export { nativeVerifier, verifySignature } from './signature/verify-signature.ts';
