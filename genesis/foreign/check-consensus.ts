import { pointer, type Findings } from '../report/findings.ts';
import { readBase64, shown } from './encoding.ts';
import { readDuration, readInt64, readTime, readUint64 } from './numbers.ts';
import { at, isShape, textAt, type Shape } from './shape.ts';

const CHAIN_ID_LENGTH_MAX = 50;
/** CometBFT's MaxBlockSizeBytes. */
const BLOCK_BYTES_MAX = 104_857_600n;
/** Types that any generation of CometBFT knows by name. */
const KEY_TYPES = ['ed25519', 'secp256k1', 'sr25519', 'bls12_381', 'bls12381'];

export interface ConsensusFacts {
  readonly chainId: string | undefined;
  readonly timeMs: number | undefined;
  /** Accepted types of consensus keys; undefined where the file does not say. */
  readonly keyTypes: readonly string[] | undefined;
  readonly keyTypesPath: string;
}

/** Checks what CometBFT itself reads of a genesis document, by the rules of all its generations. */
export function checkConsensus(document: unknown, findings: Findings): ConsensusFacts {
  const chainId = textAt(document, 'chain_id');
  if (chainId === undefined || chainId === '' || chainId.length > CHAIN_ID_LENGTH_MAX) {
    findings.add(
      'foreign.chain-id',
      '/chain_id',
      `${shown(at(document, 'chain_id'))} is not a text of 1 to ${CHAIN_ID_LENGTH_MAX} characters`,
    );
  }
  const timeMs = checkTime(document, findings);
  checkInitialHeight(document, findings);
  checkAppHash(document, findings);
  const base = at(document, 'consensus') === undefined ? '/consensus_params' : '/consensus/params';
  const params = at(document, ...base.slice(1).split('/')) ?? undefined;
  if (params !== undefined && !isShape(params)) {
    findings.add('foreign.parameters', base, `expected the consensus parameters, found ${shown(params)}`);
    return { chainId, timeMs, keyTypes: undefined, keyTypesPath: base };
  }
  const keyTypes = params === undefined ? undefined : new ConsensusCheck(params, base, findings).run();
  return { chainId, timeMs, keyTypes, keyTypesPath: `${base}/validator/pub_key_types` };
}

function checkTime(document: unknown, findings: Findings): number | undefined {
  const value = at(document, 'genesis_time');
  const timeMs = readTime(value);
  if (timeMs !== undefined && timeMs > 0) return timeMs;
  const text = typeof value === 'string' ? value : '';
  findings.add(
    'foreign.time',
    '/genesis_time',
    `"${text.slice(0, 60)}" is not a time after 1970 with its zone`,
  );
  return undefined;
}

function checkInitialHeight(document: unknown, findings: Findings): void {
  const value = at(document, 'initial_height') ?? undefined;
  const height = value === undefined ? 1n : readInt64(value);
  if (height !== undefined && height >= 0n) return;
  findings.add('foreign.initial-height', '/initial_height', `${shown(value)} is not a height`);
}

/** Hexadecimal in the documents of CometBFT, base64 in those of SDK 0.50 and later. */
function checkAppHash(document: unknown, findings: Findings): void {
  const value = at(document, 'app_hash') ?? '';
  const isHash =
    typeof value === 'string' &&
    value.length <= 128 &&
    (/^([0-9a-fA-F]{2})*$/.test(value) || readBase64(value) !== undefined);
  if (!isHash) findings.add('foreign.app-hash', '/app_hash', `${shown(value)} is not the bytes of a hash`);
}

class ConsensusCheck {
  readonly #params: Shape;
  readonly #base: string;
  readonly #findings: Findings;

  constructor(params: Shape, base: string, findings: Findings) {
    this.#params = params;
    this.#base = base;
    this.#findings = findings;
  }

  /** @returns the accepted key types */
  run(): readonly string[] | undefined {
    const blockBytes = this.#block('block') ?? this.#block('block_size');
    this.#evidence(blockBytes);
    this.#integer('version', 'app_version', 0n, 'it must be 0 or more', readUint64);
    this.#integer('version', 'app', 0n, 'it must be 0 or more', readUint64);
    for (const section of ['abci', 'feature'])
      for (const name of ['vote_extensions_enable_height', 'pbts_enable_height'])
        this.#integer(section, name, 0n, 'it must be 0 or more');
    for (const name of ['precision', 'message_delay']) this.#duration('synchrony', name);
    for (const name of ['block', 'evidence', 'validator']) {
      const older = name === 'block' ? ['block_size', 'block_size_params'] : [`${name}_params`];
      if ([name, ...older].some((section) => isShape(this.#params[section]))) continue;
      this.#findings.add(
        'foreign.missing-section',
        `${this.#base}/${name}`,
        `the section "${name}" is left out`,
      );
    }
    return this.#keyTypes();
  }

  #block(section: string): bigint | undefined {
    if (this.#params[section] === undefined) return undefined;
    const bytes = this.#read(section, 'max_bytes');
    if (bytes === undefined || bytes === 0n || bytes < -1n || bytes > BLOCK_BYTES_MAX)
      this.#fails(section, 'max_bytes', `it must be -1 or from 1 to ${BLOCK_BYTES_MAX}`);
    const gas = this.#read(section, 'max_gas');
    if (gas === undefined || gas < -1n) this.#fails(section, 'max_gas', 'it must be -1 or more');
    this.#integer(section, 'time_iota_ms', 1n, 'it must be 1 or more');
    return bytes === undefined || bytes === -1n ? BLOCK_BYTES_MAX : bytes;
  }

  #evidence(blockBytes: bigint | undefined): void {
    this.#integer('evidence', 'max_age', 1n, 'it must be 1 or more');
    this.#integer('evidence', 'max_age_num_blocks', 1n, 'it must be 1 or more');
    this.#duration('evidence', 'max_age_duration');
    this.#integer('evidence', 'max_num', 0n, 'it must be 0 or more');
    this.#integer('evidence', 'max_bytes', 0n, 'it must be 0 or more');
    const bytes = this.#read('evidence', 'max_bytes');
    if (bytes !== undefined && blockBytes !== undefined && bytes > blockBytes)
      this.#fails('evidence', 'max_bytes', `a block has ${blockBytes} bytes`);
  }

  #keyTypes(): readonly string[] | undefined {
    const types = at(this.#params, 'validator', 'pub_key_types');
    if (types === undefined) return undefined;
    if (!Array.isArray(types) || types.length === 0) {
      this.#fails('validator', 'pub_key_types', 'at least one key type must be accepted');
      return undefined;
    }
    for (const [i, type] of (types as unknown[]).entries()) {
      if (typeof type === 'string' && KEY_TYPES.includes(type)) continue;
      this.#findings.add(
        'foreign.parameters',
        pointer(`${this.#base}/validator/pub_key_types`, i),
        `${shown(type)} is no key type; known are ${KEY_TYPES.join(', ')}`,
      );
    }
    return types.filter((type) => typeof type === 'string');
  }

  #read(section: string, name: string): bigint | undefined {
    return readInt64(at(this.#params, section, name));
  }

  #integer(section: string, name: string, least: bigint, must: string, read = readInt64): void {
    const value = at(this.#params, section, name);
    if (value === undefined) return;
    const integer = read(value);
    if (integer === undefined || integer < least) this.#fails(section, name, must);
  }

  #duration(section: string, name: string): void {
    const value = at(this.#params, section, name) ?? undefined;
    if (value === undefined) return;
    const nanoseconds = readDuration(value);
    if (nanoseconds === undefined || nanoseconds <= 0n)
      this.#fails(section, name, 'it must be a duration above 0');
  }

  #fails(section: string, name: string, must: string): void {
    this.#findings.add(
      'foreign.parameters',
      `${this.#base}/${section}/${name}`,
      `${name} is ${shown(at(this.#params, section, name))}; ${must}`,
    );
  }
}
