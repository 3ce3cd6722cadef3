import { formatAddress, isCodedError, fromHex, signingDigest, toHex, utf8, verifyZip215 } from '#kernel';
import { genesisError } from '../errors.ts';
import type { Genesis } from '../load.ts';

/** A seal file: approvals of a genesis hash by validators of the genesis. */
export interface GenesisSeal {
  readonly kind: 'bizra-seal';
  readonly version: 1;
  readonly chainId: string;
  /** Hex. */
  readonly genesisHash: string;
  /** Signatures in hex, each by the consensus key of the operator's validator: see `approvalDigest`. */
  readonly approvals: readonly { readonly operator: string; readonly signature: string }[];
}

export interface SealReport {
  /** The valid approvals hold more than 2/3 of the declared stake. */
  readonly sealed: boolean;
  readonly genesisHash: string;
  /** Base units as decimal text. */
  readonly approvedStake: string;
  readonly totalStake: string;
  readonly approvals: readonly {
    readonly operator: string;
    readonly name: string;
    readonly stake: string;
    readonly valid: boolean;
    readonly reason?: string;
  }[];
  readonly findings: readonly { readonly message: string }[];
}

const SEAL_BYTES_MAX = 4 * 2 ** 20;
const APPROVALS_MAX = 10_000;

/**
 * Reads a seal file strictly.
 *
 * @throws `genesis.seal-malformed` naming what is wrong
 */
export function readSeal(bytes: Uint8Array): GenesisSeal {
  if (bytes.length > SEAL_BYTES_MAX) throw malformed(`it has more than ${SEAL_BYTES_MAX} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
  if (!isObject(value) || value['kind'] !== 'bizra-seal') throw malformed('"kind" is not bizra-seal');
  const { version, chainId, genesisHash, approvals } = value;
  if (version !== 1) throw malformed('"version" is not 1');
  if (typeof chainId !== 'string') throw malformed('"chainId" is not a text');
  if (typeof genesisHash !== 'string' || !/^[0-9a-f]{64}$/.test(genesisHash)) {
    throw malformed('"genesisHash" is not 64 lower-case hexadecimal digits');
  }
  if (!Array.isArray(approvals) || approvals.length > APPROVALS_MAX) {
    throw malformed(`"approvals" is not a list of at most ${APPROVALS_MAX}`);
  }
  return {
    kind: 'bizra-seal',
    version,
    chainId,
    genesisHash,
    approvals: approvals.map((approval: unknown, index) => {
      const { operator, signature } = isObject(approval) ? approval : {};
      if (typeof operator === 'string' && typeof signature === 'string') return { operator, signature };
      throw malformed(`approval ${index} has no text "operator" and "signature"`);
    }),
  };
}

/** What an approval signs. */
export function approvalDigest(genesisHash: Uint8Array, chainId: string): Uint8Array {
  return signingDigest('approval', genesisHash, utf8(chainId));
}

/** Judges a seal against the genesis that it is meant for. Pure; never throws. */
export function checkSeal(genesis: Genesis, seal: GenesisSeal): SealReport {
  const genesisHash = toHex(genesis.genesisHash);
  const isForIt = seal.genesisHash === genesisHash && seal.chainId === genesis.chainId;
  const validators = new Map(
    genesis.state.validators.map((validator) => [formatAddress(validator.operator), validator]),
  );
  const digest = approvalDigest(genesis.genesisHash, genesis.chainId);
  const seen = new Set<string>();
  let approved = 0n;
  const approvals = seal.approvals.map(({ operator, signature }) => {
    const validator = validators.get(operator);
    const entry = { operator, name: validator?.name ?? '', stake: (validator?.stake ?? 0n).toString() };
    const refuse = (reason: string) => ({ ...entry, valid: false, reason });
    if (validator === undefined) return refuse('no validator of the genesis has this operator');
    if (seen.has(operator)) return refuse('the operator stands there already');
    seen.add(operator);
    if (!isForIt || !isSignature(validator.publicKey, digest, signature)) {
      return refuse("the signature is not of the validator's consensus key for this genesis");
    }
    approved += validator.stake;
    return { ...entry, valid: true };
  });
  const total = genesis.state.validators.reduce((sum, { stake }) => sum + stake, 0n);
  return {
    sealed: approved * 3n > total * 2n,
    genesisHash,
    approvedStake: approved.toString(),
    totalStake: total.toString(),
    approvals,
    findings: [],
  };
}

function isSignature(publicKey: Uint8Array, digest: Uint8Array, hex: string): boolean {
  try {
    return verifyZip215(publicKey, digest, fromHex(hex, 64));
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(why: string, cause?: unknown) {
  return genesisError(
    'seal-malformed',
    `the seal cannot be read: ${why}; collect the approvals anew`,
    {},
    { cause },
  );
}
