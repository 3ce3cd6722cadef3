import { AMOUNT_MAX } from '#kernel';
import type { GenesisDocument } from '../document/document.ts';
import { readJson } from '../document/read-json.ts';
import { genesisError } from '../errors.ts';
import { createLocalGenesis, type LocalGenesisOptions, type LocalValidator } from '../local.ts';
import { Findings } from '../report/findings.ts';
import { readAccounts, readValidators, type ForeignAccount, type ForeignValidator } from './read-foreign.ts';
import { bondDenomination, isForeign, validateForeign } from './validate-foreign.ts';
import { textAt } from './shape.ts';

/** Power that a set may sum to, with room to grow. */
const TOTAL_POWER_AIM = 2n ** 44n;

export interface ImportOptions {
  /** Denomination that is carried over; the bond denomination unless stated. */
  readonly denomination?: string;
  /** Keys that take the validators' place, one for each of the largest stakes. */
  readonly validators: readonly Omit<LocalValidator, 'stake'>[];
  /** Accounts of the rehearsal, beside those of the file. */
  readonly accounts?: LocalGenesisOptions['accounts'];
  readonly chainId?: string;
  readonly timeMs: number;
}

export interface Imported {
  readonly document: GenesisDocument;
  /** What was carried over, what was left out and why. */
  readonly notes: readonly string[];
}

/**
 * A genesis of this system from one of CometBFT or the Cosmos SDK, for a rehearsal: the real accounts keep
 * their address bytes and their whole balance in one denomination; keys made here take the place of the
 * validators with the largest stakes, with those stakes.
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
  validateForeign(read.value, findings);
  const fault = findings.sorted().find(({ severity }) => severity === 'error');
  if (fault !== undefined) {
    throw genesisError(
      'not-importable',
      `the document has errors: ${fault.message} [${fault.rule}, at ${fault.path}]; see node0 genesis validate`,
      { rule: fault.rule, path: fault.path },
    );
  }
  const accounts = readAccounts(read.value, new Findings());
  const denomination = options.denomination ?? bondDenomination(read.value, accounts);
  const carried = carryAccounts(accounts, denomination);
  const validators = replaceValidators(readValidators(read.value, new Findings()), options);
  const local = options.accounts ?? [];
  const added = [...validators.map(({ stake }) => stake), ...local.map(({ balance }) => balance)].reduce(
    (sum, amount) => sum + amount,
    0n,
  );
  if (carried.sum + added > AMOUNT_MAX)
    throw genesisError('not-importable', `balances and stakes in ${denomination} exceed 128 bits`);
  const document = createLocalGenesis({
    chainId: options.chainId ?? importedChainId(textAt(read.value, 'chain_id') ?? ''),
    timeMs: options.timeMs,
    accounts: [...carried.accounts, ...local],
    validators,
    denomination: { symbol: symbolOf(denomination), decimals: 6 },
    powerReduction: powerReductionOf(validators.map(({ stake }) => stake)),
  });
  const notes = [
    ...carried.notes,
    `${validators.length} local validators take the place of the largest of the file, with their stakes`,
    `the stakes and ${local.length} accounts of the rehearsal add ${added} ${denomination} to the supply: the real accounts keep theirs`,
    'left out: the state of the modules (staking, governance, distribution, vesting schedules): a rehearsal begins with balances and stakes alone',
  ];
  return { document, notes };
}

function carryAccounts(accounts: readonly ForeignAccount[], denomination: string) {
  const carried: { address: Uint8Array; balance: bigint }[] = [];
  const others = new Set<string>();
  let sum = 0n;
  let long = { count: 0, sum: 0n };
  let empty = 0;
  for (const { bytes, coins } of accounts) {
    for (const name of coins.keys()) if (name !== denomination) others.add(name);
    const balance = coins.get(denomination) ?? 0n;
    if (balance === 0n) empty++;
    else if (bytes === undefined || bytes.length !== 20)
      long = { count: long.count + 1, sum: long.sum + balance };
    else {
      carried.push({ address: bytes, balance });
      sum += balance;
    }
  }
  if (carried.length === 0)
    throw genesisError(
      'not-importable',
      `no account holds ${denomination}; name another denomination with --denom`,
      { denomination },
    );
  const notes = [`${carried.length} accounts carried over with ${sum} ${denomination}`];
  if (empty > 0) notes.push(`left out: ${empty} accounts that hold no ${denomination}`);
  if (long.count > 0)
    notes.push(
      `left out: ${long.count} module accounts with 32-byte addresses, which hold ${long.sum} ${denomination}`,
    );
  if (others.size > 0)
    notes.push(`left out: the denominations ${[...others].toSorted().slice(0, 20).join(', ')}`);
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
