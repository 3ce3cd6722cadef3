import { bech32 } from '@scure/base';
import { pointer, type Findings } from '../report/findings.ts';
import { at, integerAt, listAt, textAt } from './shape.ts';

/** An account of a CometBFT / Cosmos SDK genesis. */
export interface ForeignAccount {
  readonly path: string;
  readonly text: string;
  /** 20 or 32 bytes; undefined when the text is no address. */
  readonly bytes: Uint8Array | undefined;
  readonly coins: ReadonlyMap<string, bigint>;
}

/** A validator, wherever the file declares it. */
export interface ForeignValidator {
  readonly path: string;
  readonly name: string;
  readonly stake: bigint;
  /** Account that delegates to itself, for a validator of a genesis transaction. */
  readonly delegator: string | undefined;
  readonly denomination: string | undefined;
}

/** Balances: `app_state.accounts` of the first generations, `app_state.bank.balances` since. */
export function readAccounts(document: unknown, findings: Findings): ForeignAccount[] {
  const [base, entries] = balanceEntries(document);
  const seen = new Map<string, string>();
  return entries.map((entry, i) => {
    const path = pointer(base, i);
    const text = textAt(entry, 'address') ?? '';
    const bytes = readAddress(text, pointer(path, 'address'), findings);
    const first = seen.get(text);
    if (first === undefined) seen.set(text, path);
    else
      findings.add(
        'foreign.duplicate-account',
        pointer(path, 'address'),
        `"${text.slice(0, 80)}" stands at ${first} already`,
      );
    return { path, text, bytes, coins: readCoins(listAt(entry, 'coins'), pointer(path, 'coins'), findings) };
  });
}

function balanceEntries(document: unknown): [string, readonly unknown[]] {
  const legacy = listAt(document, 'app_state', 'accounts');
  if (legacy.length > 0) return ['/app_state/accounts', legacy];
  return ['/app_state/bank/balances', listAt(document, 'app_state', 'bank', 'balances')];
}

/** Coins by denomination. */
export function readCoins(coins: readonly unknown[], path: string, findings: Findings): Map<string, bigint> {
  const byDenomination = new Map<string, bigint>();
  for (const [i, coin] of coins.entries()) {
    const denomination = textAt(coin, 'denom');
    const amount = integerAt(coin, 'amount');
    if (denomination === undefined || amount === undefined || byDenomination.has(denomination)) {
      findings.add(
        'foreign.amount',
        pointer(path, i),
        'expected a coin { denom, amount } with a whole amount, each denomination once',
      );
      continue;
    }
    byDenomination.set(denomination, amount);
  }
  return byDenomination;
}

/** Bytes of a bech32 address of any prefix. */
export function readAddress(text: string, path: string, findings: Findings): Uint8Array | undefined {
  try {
    const { words } = bech32.decode(text as `${string}1${string}`, 120);
    const bytes = bech32.fromWords(words);
    if (bytes.length === 20 || bytes.length === 32) return bytes;
    findings.add(
      'foreign.address',
      path,
      `"${text.slice(0, 80)}" holds ${bytes.length} bytes; addresses hold 20 or 32`,
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 120) : 'malformed';
    findings.add('foreign.address', path, `"${text.slice(0, 80)}" is not a bech32 address: ${reason}`);
  }
  return undefined;
}

/** Prefix of a bech32 text: everything before its last 1. */
export function prefixOf(text: string): string {
  return text.slice(0, Math.max(0, text.lastIndexOf('1')));
}

/** Validators of the staking state, of the top level, or of the genesis transactions: the first that has any. */
export function readValidators(document: unknown, findings: Findings): ForeignValidator[] {
  const staking = listAt(document, 'app_state', 'staking', 'validators');
  if (staking.length > 0)
    return staking.flatMap((validator, i) =>
      readStaked(validator, pointer('/app_state/staking/validators', i), findings),
    );
  const top = listAt(document, 'validators');
  if (top.length > 0)
    return top.flatMap((validator, i) => readTop(validator, pointer('/validators', i), findings));
  for (const path of [['gentxs'], ['genutil', 'gentxs'], ['genutil', 'gen_txs']]) {
    const transactions = listAt(document, 'app_state', ...path);
    const base = path.reduce((pointed, member) => pointer(pointed, member), '/app_state');
    if (transactions.length > 0)
      return transactions.flatMap((transaction, i) =>
        readGenesisTransaction(transaction, pointer(base, i), findings),
      );
  }
  return [];
}

function readStaked(validator: unknown, path: string, findings: Findings): ForeignValidator[] {
  const stake = integerAt(validator, 'tokens');
  if (stake === undefined) {
    findings.add('foreign.amount', pointer(path, 'tokens'), 'expected the bonded tokens as a whole number');
    return [];
  }
  if (at(validator, 'jailed') === true || stake === 0n) return [];
  return [
    {
      path,
      name: textAt(validator, 'description', 'moniker') ?? '',
      stake,
      delegator: undefined,
      denomination: undefined,
    },
  ];
}

function readTop(validator: unknown, path: string, findings: Findings): ForeignValidator[] {
  const stake = integerAt(validator, 'power');
  if (stake === undefined || stake === 0n) {
    findings.add('foreign.amount', pointer(path, 'power'), 'expected the power as a positive whole number');
    return [];
  }
  return [
    { path, name: textAt(validator, 'name') ?? '', stake, delegator: undefined, denomination: undefined },
  ];
}

/** Legacy amino-JSON (`value.msg[0].value`) or protobuf-JSON (`body.messages[0]`). */
function readGenesisTransaction(transaction: unknown, path: string, findings: Findings): ForeignValidator[] {
  const legacy = at(transaction, 'value', 'msg', 0, 'value');
  const message = legacy ?? at(transaction, 'body', 'messages', 0);
  const coin =
    at(message, 'value', 'amount') === undefined ? at(message, 'delegation') : at(message, 'value');
  const stake = integerAt(coin, 'amount');
  if (message === undefined || stake === undefined || stake === 0n) {
    findings.add(
      'foreign.genesis-transaction',
      path,
      'there is no create-validator message with a positive delegation in it',
    );
    return [];
  }
  return [
    {
      path,
      name: textAt(message, 'description', 'moniker') ?? '',
      stake,
      delegator: textAt(message, 'delegator_address'),
      denomination: textAt(coin, 'denom'),
    },
  ];
}
