export {
  ADDRESS_BYTES,
  ADDRESS_PREFIX,
  addressOfKey,
  formatAddress,
  formatForeignAddress,
  parseAddress,
} from './address.ts';
export {
  AMOUNT_MAX,
  addAmounts,
  multiplyAmount,
  parseAmount,
  subtractAmounts,
  type Amount,
} from './amount.ts';
export {
  bytesToUint64,
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  fromUtf8,
  readUint32,
  toHex,
  uint64ToBytes,
  utf8,
  writeUint32,
  writeUint64,
} from './bytes.ts';
export type { Cancellable, Clock, Scheduler } from './clock.ts';
export { codec, uint64, type Codec } from './codec.ts';
export {
  CodedError,
  defineErrors,
  err,
  isCodedError,
  ok,
  registeredErrors,
  type ErrorAction,
  type ErrorDetail,
  type RegisteredError,
  type Result,
} from './errors.ts';
export { HASH_BYTES, HASH_DOMAINS, domainKey, hash, hashPieces, type HashDomain } from './hash.ts';
export { demandsHalt, invariant, unreachable } from './invariant.ts';
export {
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SEED_BYTES,
  KEY_TYPE_TAGS,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  deriveSeed,
  ed25519Key,
  isStrongEd25519Key,
  verifyZip215,
  type KeyType,
  type SigningKey,
} from './keys.ts';
export { silentLogger, type Logger } from './logger.ts';
export { listLeaf, listProof, listRoot, verifyListProof, type ListProof } from './merkle.ts';
export type { Random } from './random.ts';
export { compareRows, sortRows } from './sorted-rows.ts';
export {
  SECP256K1_PUBLIC_KEY_BYTES,
  SECP256K1_SECRET_BYTES,
  secp256k1Key,
  verifySecp256k1,
} from './secp256k1.ts';
export {
  referenceVerifier,
  signingDigest,
  verifyAccountSignature,
  type SignatureCheck,
  type SignatureVerifier,
  type SignedKind,
} from './signature.ts';
