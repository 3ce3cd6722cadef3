import {
  createLocalGenesis,
  importGenesis,
  loadGenesis,
  validateGenesis,
  type GenesisDocument,
} from '#genesis';
import { toHex } from '#kernel';
import { systemClock, systemRandom } from '#runtime';
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

export interface GenesisRequest {
  /** Of a genesis made or imported here; 4 unless stated. */
  readonly validators?: number | undefined;
  /** Content of the genesis file to start from. */
  readonly source?: Uint8Array | undefined;
  /** Denomination to import. */
  readonly denomination?: string | undefined;
  /** Folder with the key files of the validators of an own-format genesis. */
  readonly keysFolder: string;
}

export interface PreparedGenesis {
  readonly bytes: Uint8Array;
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
  const validators = await importedValidators(source, request.validators);
  if (validators !== undefined) return importFor(layout, password, { source, validators, denomination });
  return adoptGenesis(layout, password, source, request.keysFolder);
}

/**
 * Judges the source of a genesis as `prepareGenesis` would, and makes nothing.
 *
 * @throws `genesis.invalid`, `genesis.not-importable`, `home.*`, `kernel.keystore-password`
 */
export async function checkSource(request: GenesisRequest & { readonly source: Uint8Array }): Promise<void> {
  const { source, denomination, keysFolder } = request;
  const validators = await importedValidators(source, request.validators);
  if (validators === undefined) {
    await checkValidatorKeys(await validatorKeysOf(source), keysFolder);
    return;
  }
  importGenesis(source, {
    validators: throwawayValidators(validators),
    timeMs: systemClock.now(),
    ...(denomination !== undefined && { denomination }),
  });
}

/** How many validators the import of another chain's genesis gets; undefined for one of the own format. */
async function importedValidators(
  source: Uint8Array,
  asked: number | undefined,
): Promise<number | undefined> {
  const { format, summary } = await validateGenesis(source, systemClock);
  return format === 'cometbft' ? (asked ?? Math.min(VALIDATORS, summary.validators)) : undefined;
}

/** Consensus keys in hex, in the order of an own-format genesis. @throws `genesis.invalid` */
async function validatorKeysOf(source: Uint8Array): Promise<string[]> {
  const { state } = await loadGenesis(source, { clock: systemClock });
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
  return { bytes: toBytes(document), validators: count, notes: [] };
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
  return { bytes: toBytes(document), validators: validators.length, notes };
}

/** An own-format genesis stays byte for byte what it is. What is wrong with it is said when it is loaded. */
async function adoptGenesis(
  layout: NetworkLayout,
  password: string,
  source: Uint8Array,
  folder: string,
): Promise<PreparedGenesis> {
  const publicKeys = await validatorKeysOf(source);
  await adoptValidatorKeys(layout, { publicKeys, folder, password });
  return { bytes: source, validators: publicKeys.length, notes: [] };
}

function fund({ address, label, kind }: RehearsalAccount, named: bigint, load: bigint) {
  return { address, label, balance: kind === 'named' ? named : load };
}

function toBytes(document: GenesisDocument): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(document, undefined, 2)}\n`);
}
