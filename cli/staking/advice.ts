import { registeredErrors } from '#kernel';

/** What to do after a transaction that the ledger refused, by the code of its receipt. */
const ADVICE: Readonly<Record<string, string>> = {
  'validator.unknown-validator': 'list them with "node0 validator list"',
  'validator.not-operator': 'sign with the key of the operator: --from',
  'validator.operator-taken': 'register from another account; an account operates one validator',
  'validator.key-used': 'make a new one: "node0 keys create consensus-2"',
  'validator.weak-key': 'make another with "node0 keys create"',
  'validator.malformed-identity': 'shorten the texts, and leave control characters out',
  'validator.commission-range': 'see its bounds with "node0 validator show"',
  'validator.commission-jump': 'change it in several steps, a day apart',
  'validator.commission-too-soon': 'change it again a day after the last change',
  'validator.self-stake-too-small': 'bond more of the operator’s own with "node0 stake bond"',
  'validator.not-jailed': 'nothing needs to be done',
  'validator.jail-not-over': 'see when it is over with "node0 validator show"',
  'validator.tombstoned': 'move the stake to another validator',
  'validator.exiting': 'move the stake to another validator',
  'validator.rotation-pending': 'rotate again once the key before is in force',
  'stake.insufficient-balance': 'bond less, or send the account more',
  'stake.dust': 'see the parameter minDelegation with "node0 stake show --json"',
  'stake.no-delegation': 'see where the account has stake with "node0 stake show"',
  'stake.more-than-bonded': 'give "--amount all"',
  'stake.too-many-entries': 'wait for the first to end, or cancel one',
  'stake.too-many-redelegations': 'unbond instead, or wait',
  'stake.hop': 'wait until it may move on: "node0 stake show"',
  'stake.no-entry': 'see the entries with "node0 stake show"',
  'stake.more-than-unbonding': 'give "--amount all"',
  'stake.no-rewards': 'wait for more blocks',
};

/** What a code means and what to do about it; empty for one that nothing is known of. */
export async function explainCode(code: string): Promise<string> {
  // A code is known once the module that declares it is loaded.
  await import('#services/validator');
  const title = registeredErrors().find((error) => error.code === code)?.title;
  return [title, ADVICE[code]].filter((text) => text !== undefined).join('; ');
}
