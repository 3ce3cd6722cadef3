import { SIGNATURE_BYTES, fromHex, isCodedError, parseAddress } from '#kernel';
import { readJson } from '../document/read-json.ts';
import { genesisError } from '../errors.ts';
import { SEAL_BYTES_MAX } from '../limits.ts';
import { Findings } from '../report/findings.ts';
import { VALIDATORS_MAX } from '#services/validator';

/** The approvals of a genesis, in one file beside it. */
export interface GenesisSeal {
  readonly kind: 'bizra-seal';
  readonly version: 1;
  readonly chainId: string;
  /** Hex. */
  readonly genesisHash: string;
  /** Ordered by operator. */
  readonly approvals: readonly SealApproval[];
}

export interface SealApproval {
  readonly operator: string;
  /** Of the validator's consensus key, in hex. */
  readonly signature: string;
}

/**
 * Reads a seal. Whether it is of a genesis, and enough, is for `checkSeal`.
 *
 * @throws `genesis.seal-malformed`
 */
export function readSeal(bytes: Uint8Array): GenesisSeal {
  const wrong = (why: string) =>
    genesisError('seal-malformed', `the file is no seal: ${why}; have it made with node0 genesis seal`);
  if (bytes.length > SEAL_BYTES_MAX) throw wrong(`it has more than ${SEAL_BYTES_MAX} bytes`);
  const findings = new Findings();
  const value = readJson(bytes, findings)?.value;
  const [fault] = findings.sorted();
  if (fault !== undefined) throw wrong(`${fault.message} [${fault.rule}]`);
  const seal = value as Partial<GenesisSeal> | null | undefined;
  if (typeof seal !== 'object' || seal === null || seal.kind !== 'bizra-seal')
    throw wrong('"kind" is not bizra-seal');
  if (seal.version !== 1) throw wrong('"version" is not 1');
  if (typeof seal.chainId !== 'string') throw wrong('"chainId" is missing');
  if (!isHex(seal.genesisHash, 32)) throw wrong('"genesisHash" is not a hash in hex');
  if (!Array.isArray(seal.approvals) || seal.approvals.length > VALIDATORS_MAX)
    throw wrong(`"approvals" is not a list of at most ${VALIDATORS_MAX}`);
  const approvals = seal.approvals as readonly Partial<SealApproval | null>[];
  for (const [index, approval] of approvals.entries()) {
    if (!isAddress(approval?.operator)) throw wrong(`"approvals/${index}/operator" is not an address`);
    if (!isHex(approval?.signature, SIGNATURE_BYTES))
      throw wrong(`"approvals/${index}/signature" is not a signature`);
  }
  return seal as GenesisSeal;
}

function isHex(text: unknown, bytes: number): boolean {
  return (
    typeof text === 'string' &&
    text.length === bytes * 2 &&
    text === text.toLowerCase() &&
    parses(() => fromHex(text))
  );
}

function isAddress(text: unknown): boolean {
  return typeof text === 'string' && parses(() => parseAddress(text));
}

function parses(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return false;
  }
}
