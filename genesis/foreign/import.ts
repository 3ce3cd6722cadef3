import { ADDRESS_BYTES, AMOUNT_MAX, formatAddress, isCodedError, toHex } from '#kernel';
import { genesisHashOf } from '../document/canonical.ts';
import type { GenesisAccount, GenesisDocument, GenesisSource } from '../document/document.ts';
import { readJson } from '../document/read-json.ts';
import { genesisError } from '../errors.ts';
import { createLocalGenesis, type LocalGenesisOptions, type LocalValidator } from '../local.ts';
import { Findings } from '../report/findings.ts';
import { readBech32 } from './encoding.ts';
import { isForeign, judgeForeign, type ForeignJudgement, type ForeignValidator } from './judge-foreign.ts';
import { balanceOf, type ForeignAccount } from './read-accounts.ts';

/** Power that a set may sum to, with room to grow. */
const TOTAL_POWER_AIM = 2n ** 44n;

export interface ImportOptions {
  /** Denomination that is carried over; the bond denomination unless stated. */
  readonly denomination?: string;
  /** Keys that take the validators' place, one for each of the largest stakes; none for the accounts alone. */
  readonly validators: readonly Omit<LocalValidator, 'stake'>[];
  /** Accounts of the rehearsal, beside those of the file. */
  readonly accounts?: LocalGenesisOptions['accounts'];
  readonly chainId?: string;
  /** Genesis time; that of the file unless stated. */
  readonly timeMs?: number;
}

export interface Imported {
  readonly document: GenesisDocument;
  /** What was carried over, what was left out and why. */
  readonly notes: readonly string[];
}

/**
 * A genesis of this system from one of CometBFT or the Cosmos SDK, for a rehearsal: the real accounts keep
 * their address bytes and their whole balance in one denomination; keys made here take the place of the
 * validators with the largest stakes, with those stakes. The same document and options give the same genesis.
 *
 * @throws `genesis.not-importable` naming what stands in the way
 */
export function importGenesis(bytes: Uint8Array, options: ImportOptions): Imported {
  const findings = new Findings();
  const read = readJson(bytes, findings);
  if (read === undefined || !isForeign(read.value)) {
    throw genesisError(
      'not-importable',
      'the document is not a genesis of CometBFT or the Cosmos SDK; see node0 genesis validate',
    );
  }
  return importJudged(judgeForeign(read.value, findings), findings, options);
}

/**
 * The hash that stands for a foreign genesis: that of its import without local validators. Every change of the
 * document changes it.
 *
 * @returns undefined where the document has errors, or its balances do not fit
 */
export function foreignGenesisHash(judged: ForeignJudgement, findings: Findings): Uint8Array | undefined {
  try {
    return genesisHashOf(importJudged(judged, findings, { validators: [] }).document);
  } catch (error) {
    if (isCodedError(error, 'genesis.not-importable')) return undefined;
    throw error;
  }
}

/** Imports what was read and judged already; findings are those of that judgement. */
function importJudged(judged: ForeignJudgement, findings: Findings, options: ImportOptions): Imported {
  const fault = findings.hasErrors
    ? findings.sorted().find(({ severity }) => severity === 'error')
    : undefined;
  if (fault !== undefined) {
    throw genesisError(
      'not-importable',
      `the document has errors: ${fault.message} [${fault.rule}, at ${fault.path}]; see node0 genesis validate`,
      { rule: fault.rule, path: fault.path },
    );
  }
  const denomination = options.denomination ?? judged.denomination;
  const carried = carryAccounts(judged.accounts.list, denomination);
  if (carried.accounts.length === 0 && (options.validators.length > 0 || options.denomination !== undefined))
    throw genesisError(
      'not-importable',
      `no account holds ${denomination}; name another denomination with --denom`,
      { denomination },
    );
  const validators = replaceValidators(judged.validators, options);
  const local = options.accounts ?? [];
  const added = [...validators.map(({ stake }) => stake), ...local.map(({ balance }) => balance)].reduce(
    (sum, amount) => sum + amount,
    0n,
  );
  if (carried.sum + added > AMOUNT_MAX)
    throw genesisError('not-importable', `balances and stakes in ${denomination} exceed 128 bits`);
  const source: GenesisSource = {
    format: 'cometbft',
    chainId: judged.chainId ?? '',
    hash: toHex(genesisHashOf(judged.document)),
  };
  const own = createLocalGenesis({
    chainId: options.chainId ?? importedChainId(judged.chainId ?? ''),
    timeMs: options.timeMs ?? judged.timeMs ?? 0,
    accounts: local,
    validators,
    denomination: { symbol: symbolOf(denomination), decimals: 6 },
    powerReduction: powerReductionOf(validators.map(({ stake }) => stake)),
  });
  const document: GenesisDocument = {
    ...own,
    source,
    totalSupply: (BigInt(own.totalSupply) + carried.sum).toString(),
    accounts: [...carried.accounts, ...own.accounts],
  };
  const rehearsal =
    validators.length + local.length === 0
      ? []
      : [
          `${validators.length} local validators take the place of the largest of the file, with their stakes`,
          `the stakes and ${local.length} accounts of the rehearsal add ${added} ${denomination} to the supply: the real accounts keep theirs`,
        ];
  const notes = [
    ...carried.notes,
    ...rehearsal,
    'left out: the state of the modules (staking, governance, distribution, vesting schedules): a rehearsal begins with balances and stakes alone',
  ];
  return { document, notes };
}

/** Bytes of an address that was read before. */
function bytesOf(text: string): Uint8Array {
  const decoded = readBech32(text);
  return typeof decoded === 'string' ? new Uint8Array(0) : decoded.bytes;
}

/** Denominations that are named among what is left out. */
const DENOMINATIONS_SHOWN = 20;

function carryAccounts(accounts: readonly ForeignAccount[], denomination: string) {
  const carried: GenesisAccount[] = [];
  const others = new Set<string>();
  let sum = 0n;
  let long = { count: 0, sum: 0n };
  let empty = 0;
  for (const account of accounts) {
    for (const { denom } of account.coins) if (denom !== denomination) others.add(denom);
    const balance = balanceOf(account, denomination);
    if (balance === 0n) {
      empty++;
      continue;
    }
    const address = bytesOf(account.text);
    if (address.length !== ADDRESS_BYTES) long = { count: long.count + 1, sum: long.sum + balance };
    else {
      carried.push({ address: formatAddress(address), balance: balance.toString() });
      sum += balance;
    }
  }
  const notes = [`${carried.length} accounts carried over with ${sum} ${denomination}`];
  if (empty > 0) notes.push(`left out: ${empty} accounts that hold no ${denomination}`);
  if (long.count > 0)
    notes.push(
      `left out: ${long.count} accounts with 32-byte addresses (of modules and contracts), which hold ${long.sum} ${denomination}`,
    );
  if (others.size > 0) {
    const named = [...others].toSorted().slice(0, DENOMINATIONS_SHOWN).join(', ');
    const more = others.size > DENOMINATIONS_SHOWN ? ` and ${others.size - DENOMINATIONS_SHOWN} more` : '';
    notes.push(`left out: the denominations ${named}${more}`);
  }
  return { accounts: carried, sum, notes };
}

/** The largest stakes, in the order of the local keys. */
function replaceValidators(real: readonly ForeignValidator[], options: ImportOptions): LocalValidator[] {
  const largest = real.toSorted((a, b) => (a.stake > b.stake ? -1 : Number(a.stake < b.stake)));
  if (options.validators.length > largest.length) {
    throw genesisError(
      'not-importable',
      `the file has ${largest.length} validators; ${options.validators.length} were asked for`,
      { validators: largest.length },
    );
  }
  return options.validators.map((validator, i) => ({
    ...validator,
    stake: (largest[i] as ForeignValidator).stake,
  }));
}

/** One unit of power is a millionth of a whole coin or so; small stakes count in base units, huge ones in more. */
function powerReductionOf(stakes: readonly bigint[]): bigint {
  const total = stakes.reduce((sum, stake) => sum + stake, 0n);
  const smallest = stakes.reduce((least, stake) => (stake < least ? stake : least), total);
  let reduction = smallest >= 1_000_000_000n ? 1_000_000n : 1n;
  while (total / reduction > TOTAL_POWER_AIM) reduction *= 10n;
  if (stakes.length === 0 || smallest >= reduction) return reduction;
  throw genesisError(
    'not-importable',
    `a stake of ${smallest} beside a total of ${total} is less than one unit of power; ask for fewer validators`,
  );
}

function importedChainId(foreign: string): string {
  const cleaned = foreign
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 50);
  return cleaned.length >= 3 ? cleaned : `chain-${cleaned}`.replaceAll(/-+$/g, '');
}

function symbolOf(denomination: string): string {
  const printable = denomination.replaceAll(/[^\x21-\x7e]/g, '').slice(0, 16);
  return printable === '' ? 'COIN' : printable;
}
