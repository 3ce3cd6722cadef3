import { rule, type Rule } from './rule.ts';

/** Rules of a genesis of CometBFT or the Cosmos SDK. */
export const FOREIGN_RULES = {
  'foreign.chain-id': rule('error', 'The chain id is missing or longer than 50', 'CometBFT refuses it too.'),
  'foreign.time': rule(
    'error',
    'The genesis time is missing, zero or malformed',
    'A zero time silently becomes each node’s own clock: state it.',
  ),
  'foreign.address': rule(
    'error',
    'An address with a wrong checksum, prefix or length',
    'Correct the address: what it holds could never be spent.',
  ),
  'foreign.duplicate-account': rule('error', 'An account stands twice', 'Merge the entries.'),
  'foreign.amount': rule(
    'error',
    'A coin that is no coin',
    'A coin has a denomination and a positive whole amount as text.',
  ),
  'foreign.supply': rule(
    'error',
    'The stated supply is not the sum of the balances',
    'The chain would stop at its first invariant check.',
  ),
  'foreign.parameters': rule(
    'error',
    'A consensus parameter outside CometBFT’s range',
    'CometBFT refuses to start with it.',
  ),
  'foreign.no-validators': rule(
    'error',
    'No validators at top level, in staking or in genesis transactions',
    'Collect the genesis transactions.',
  ),
  'foreign.genesis-transaction': rule(
    'error',
    'A genesis transaction that cannot be read',
    'Have its validator make it anew.',
  ),
  'foreign.self-delegation': rule(
    'error',
    'A validator delegates more than its account holds',
    'The chain would stop at genesis: lower the delegation.',
  ),
  'foreign.stake-denomination': rule(
    'error',
    'A stake in another denomination than the bond denomination',
    'Delegate in the denomination of staking.params.bond_denom.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
