import {
  createLocalGenesis,
  importGenesis,
  loadGenesis,
  validateGenesis,
  type Genesis,
  type GenesisDocument,
  type ProgressListener,
} from '#genesis';
import { isCodedError, toHex } from '#kernel';
import { nativeVerifier, systemClock, systemRandom } from '#runtime';
import type { NetworkLayout } from './layout.ts';
import {
  adoptValidatorKeys,
  checkValidatorKeys,
  ensureAccounts,
  ensureValidatorKeys,
  throwawayValidators,
  type RehearsalAccount,
} from './network-keys.ts';

const VALIDATORS = 4;
/** Base units: a million coins of six decimals each. */
const STAKE = 10n ** 12n;
const NAMED_BALANCE = 10n ** 12n;
/** Enough for six million transfers at the smallest gas price. */
const LOAD_BALANCE = 10n ** 10n;
/** In the genesis of another chain, rehearsal accounts stay small beside the real ones. */
const IMPORTED_BALANCE = 10n ** 9n;
const CHAIN_ID_BYTES = 4;

/** The content of the genesis file that a network is to start from, judged once. */
export type JudgedSource =
  | { readonly kind: 'own'; readonly bytes: Uint8Array; readonly genesis: Genesis }
  /** Of another chain, with so many validators. */
  | { readonly kind: 'foreign'; readonly bytes: Uint8Array; readonly validators: number };

export interface GenesisRequest {
  /** Of a genesis made or imported here; 4 unless stated. */
  readonly validators?: number | undefined;
  /** The genesis file to start from. */
  readonly source?: JudgedSource | undefined;
  /** Denomination to import. */
  readonly denomination?: string | undefined;
  /** Folder with the key files of the validators of an own-format genesis. */
  readonly keysFolder: string;
}

export interface PreparedGenesis {
  readonly bytes: Uint8Array;
  readonly genesis: Genesis;
  readonly validators: number;
  readonly notes: readonly string[];
}

/**
 * The genesis of a new local network and the keys that it needs: made here, imported from another chain, or
 * taken as it is.
 *
 * @throws `genesis.not-importable`, `home.keys-missing`
 */
export async function prepareGenesis(
  layout: NetworkLayout,
  password: string,
  request: GenesisRequest,
): Promise<PreparedGenesis> {
  const { source, denomination } = request;
  if (source === undefined) return makeGenesis(layout, password, request.validators ?? VALIDATORS);
  if (source.kind === 'own') return adoptGenesis(layout, password, source, request.keysFolder);
  const validators = importedValidators(source, request.validators);
  return importFor(layout, password, { source: source.bytes, validators, denomination });
}

/**
 * Judges the content of a genesis file of any format.
 *
 * @throws `genesis.invalid` for one of the own format, or of none
 */
export async function judgeSource(bytes: Uint8Array, onProgress?: ProgressListener): Promise<JudgedSource> {
  const options = { verifier: nativeVerifier, ...(onProgress !== undefined && { onProgress }) };
  try {
    // The nodes build the state: no dry run before.
    const genesis = await loadGenesis(bytes, { clock: systemClock, dryRun: false, ...options });
    return { kind: 'own', bytes, genesis };
  } catch (error) {
    if (!isCodedError(error, 'genesis.invalid') || error.details['format'] !== 'cometbft') throw error;
    const { summary } = await validateGenesis(bytes, systemClock, options);
    return { kind: 'foreign', bytes, validators: summary.validators };
  }
}

/**
 * Checks that a genesis can be prepared from the source, and makes nothing.
 *
 * @throws `genesis.not-importable`, `home.*`, `kernel.keystore-password`
 */
export async function checkSource(
  request: GenesisRequest & { readonly source: JudgedSource },
): Promise<void> {
  const { source, denomination, keysFolder } = request;
  if (source.kind === 'own') {
    await checkValidatorKeys(validatorKeysOf(source.genesis), keysFolder);
    return;
  }
  importGenesis(source.bytes, {
    validators: throwawayValidators(importedValidators(source, request.validators)),
    timeMs: systemClock.now(),
    ...(denomination !== undefined && { denomination }),
  });
}

/** How many validators the import of another chain's genesis gets. */
function importedValidators({ validators }: { validators: number }, asked: number | undefined): number {
  return asked ?? Math.min(VALIDATORS, validators);
}

/** Consensus keys in hex, in the order of an own-format genesis. */
function validatorKeysOf({ state }: Genesis): string[] {
  return state.validators.map(({ publicKey }) => toHex(publicKey));
}

async function makeGenesis(layout: NetworkLayout, password: string, count: number): Promise<PreparedGenesis> {
  const [validators, accounts] = await Promise.all([
    ensureValidatorKeys(layout, count, password),
    ensureAccounts(layout, password),
  ]);
  const document = createLocalGenesis({
    chainId: `local-${toHex(systemRandom.bytes(CHAIN_ID_BYTES))}`,
    timeMs: systemClock.now(),
    accounts: accounts.map((account) => fund(account, NAMED_BALANCE, LOAD_BALANCE)),
    validators: validators.map(({ name, consensusKey, operatorKey }) => ({
      name,
      consensusKey,
      operatorKey,
      stake: STAKE,
    })),
  });
  return { ...(await judged(document)), validators: count, notes: [] };
}

async function importFor(
  layout: NetworkLayout,
  password: string,
  request: { source: Uint8Array; validators: number; denomination: string | undefined },
): Promise<PreparedGenesis> {
  const { source, denomination } = request;
  const [validators, accounts] = await Promise.all([
    ensureValidatorKeys(layout, request.validators, password),
    ensureAccounts(layout, password),
  ]);
  const { document, notes } = importGenesis(source, {
    validators,
    accounts: accounts.map((account) => fund(account, IMPORTED_BALANCE, IMPORTED_BALANCE)),
    timeMs: systemClock.now(),
    ...(denomination !== undefined && { denomination }),
  });
  return { ...(await judged(document)), validators: validators.length, notes };
}

/** An own-format genesis stays byte for byte what it is. */
async function adoptGenesis(
  layout: NetworkLayout,
  password: string,
  { bytes, genesis }: Extract<JudgedSource, { kind: 'own' }>,
  folder: string,
): Promise<PreparedGenesis> {
  const publicKeys = validatorKeysOf(genesis);
  await adoptValidatorKeys(layout, { publicKeys, folder, password });
  return { bytes, genesis, validators: publicKeys.length, notes: [] };
}

/** @throws `genesis.invalid` */
async function judged(document: GenesisDocument): Promise<{ bytes: Uint8Array; genesis: Genesis }> {
  const bytes = toBytes(document);
  const genesis = await loadGenesis(bytes, { clock: systemClock, verifier: nativeVerifier, dryRun: false });
  return { bytes, genesis };
}

function fund({ address, label, kind }: RehearsalAccount, named: bigint, load: bigint) {
  return { address, label, balance: kind === 'named' ? named : load };
}

function toBytes(document: GenesisDocument): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(document, undefined, 2)}\n`);
}
