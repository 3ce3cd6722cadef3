import { rule, type Rule } from './rule.ts';

/** Rules of any JSON document, and of a genesis of this system. */
export const OWN_RULES = {
  'json.encoding': rule(
    'error',
    'The document is not UTF-8 without byte order mark',
    'Save the file as UTF-8 without byte order mark.',
  ),
  'json.syntax': rule(
    'error',
    'The document is not JSON',
    'Correct the text at the place that the message names.',
  ),
  'json.depth': rule(
    'error',
    'The document is nested too deeply',
    'No genesis document needs more than 64 levels.',
  ),
  'json.size': rule(
    'error',
    'The document is too large',
    'A genesis document has at most 256 MiB, and 16 million names and values.',
  ),
  'json.duplicate-member': rule(
    'error',
    'A member stands twice in one object',
    'Readers differ in which one counts: remove one.',
  ),
  'json.unsafe-number': rule(
    'error',
    'A JSON number that readers round differently',
    'Write integers of more than 53 bits as decimal text.',
  ),
  'json.lone-surrogate': rule(
    'error',
    'A text with half a surrogate pair',
    'Such text has no UTF-8 form: correct it.',
  ),
  'genesis.format': rule(
    'error',
    'The document is no genesis of a known format',
    'Give a genesis of this system, or one of CometBFT or the Cosmos SDK.',
  ),
  'genesis.unknown-member': rule(
    'error',
    'A member that the format does not have',
    'Correct its name, or remove it: it would change the hash and mean nothing.',
  ),
  'genesis.missing-member': rule('error', 'A member is missing', 'Add it.'),
  'genesis.wrong-type': rule(
    'error',
    'A value of another kind than the format has',
    'Integers of 64 bits and more are decimal text; hashes and keys are lower-case hex.',
  ),
  'genesis.version': rule(
    'error',
    'A version of the format that this software does not know',
    'Use version 1.',
  ),
  'genesis.chain-id': rule(
    'error',
    'The chain id is not 3 to 50 of a-z, 0-9 and -',
    'Choose a short name of lower-case letters, digits and hyphens.',
  ),
  'genesis.time': rule(
    'error',
    'The genesis time is not a UTC time with milliseconds',
    'Write it as 2026-01-31T12:00:00.000Z.',
  ),
  'genesis.time-far': rule('warning', 'The genesis time is more than a year ahead', 'Check the year.'),
  'genesis.initial-height': rule(
    'error',
    'The initial height is not at least 1',
    'Use "1" unless the chain continues another one.',
  ),
  'genesis.address': rule(
    'error',
    'Not an address of this ledger',
    'Addresses are bech32m with the prefix bizra.',
  ),
  'genesis.amount': rule(
    'error',
    'Not an amount',
    'Amounts are decimal digits in base units, without sign, point or leading zero.',
  ),
  'genesis.no-accounts': rule('error', 'There are no accounts', 'Add the founders’ accounts.'),
  'genesis.duplicate-account': rule('error', 'An account stands twice', 'Add the balances up in one entry.'),
  'genesis.zero-balance': rule(
    'warning',
    'An account with nothing',
    'Remove it: an account needs no entry to receive.',
  ),
  'genesis.supply-overflow': rule('error', 'The balances together exceed 128 bits', 'Use larger base units.'),
  'genesis.supply-mismatch': rule(
    'error',
    'The stated total supply is not the sum of the balances',
    'Correct the balance that is wrong, or the total.',
  ),
  'genesis.no-validators': rule(
    'error',
    'There are no validators',
    'At least one validator must be declared; four tolerate one fault.',
  ),
  'genesis.duplicate-operator': rule(
    'error',
    'An account operates two validators',
    'Each validator needs an operator account of its own.',
  ),
  'genesis.duplicate-consensus-key': rule(
    'error',
    'A consensus key stands twice',
    'Two validators with one key would sign against each other: each declares its own.',
  ),
  'genesis.duplicate-name': rule(
    'warning',
    'Two validators have the same name or contact',
    'If one party runs both, its stakes count together: ask.',
  ),
  'genesis.duplicate-peer': rule(
    'warning',
    'Two validators have the same peer address',
    'If one machine runs both, they fail together: ask.',
  ),
  'genesis.key-type': rule('error', 'A consensus key of another type', 'Consensus keys are ed25519.'),
  'genesis.weak-key': rule(
    'error',
    'A consensus key that anybody can sign for',
    'The 32 bytes are no point of large order: make the key anew.',
  ),
  'genesis.possession': rule(
    'error',
    'The proof of possession does not hold',
    'The validator signs it anew for this chain id, operator and key.',
  ),
  'genesis.operator-key': rule(
    'error',
    'The operator key is not the key of the operator’s address',
    'The validator declares anew with the key of the account that holds the stake.',
  ),
  'genesis.declaration-signature': rule(
    'error',
    'The declaration is not what its operator signed',
    'A member was changed after the signature, or somebody else signed: the validator declares anew.',
  ),
  'genesis.operator-missing': rule(
    'error',
    'The operator has no account',
    'Add its account; the balance covers the stake.',
  ),
  'genesis.stake-not-covered': rule(
    'error',
    'The operator’s balance does not cover the stake',
    'Raise the balance, or lower the stake.',
  ),
  'genesis.stake-too-small': rule(
    'error',
    'A stake below the minimum, or without voting power',
    'Raise the stake to minSelfStake and at least one unit of powerReduction.',
  ),
  'genesis.power-overflow': rule('error', 'The voting power sums to more than 2^48', 'Raise powerReduction.'),
  'genesis.state': rule(
    'error',
    'No state can be built from the document',
    'The chain could not start: change what the message names.',
  ),
  'genesis.commission': rule(
    'error',
    'The commission is outside its bounds',
    'Basis points: 0 to 10000, and rate ≤ maxRate.',
  ),
  'genesis.identity': rule(
    'error',
    'A text of the identity that cannot be shown',
    'Remove control characters and marks of direction; give a name that is not blank.',
  ),
  'genesis.text-length': rule('error', 'A text is too long', 'Shorten it.'),
  'genesis.parameter-range': rule(
    'error',
    'A parameter is outside its safe range',
    'Choose a value in the range that the message names.',
  ),
  'genesis.parameter-relation': rule(
    'error',
    'Two parameters do not fit each other',
    'Change one as the message says.',
  ),
  'genesis.too-many-validators': rule(
    'warning',
    'More validators than the set holds',
    'Those with the least stake begin inactive; raise maxValidators if that is not meant.',
  ),
  'genesis.fault-tolerance': rule(
    'warning',
    'Too few validators to tolerate a fault',
    'With fewer than four, the loss of any one stops the chain.',
  ),
  'genesis.can-halt': rule(
    'warning',
    'One validator can stop the chain',
    'It holds a third of the power or more: spread the stake.',
  ),
  'genesis.top-heavy': rule(
    'warning',
    'Few validators hold what many should',
    'With stakes more alike, it would take more of them to stop the chain: spread the stake.',
  ),
  'genesis.controls': rule(
    'error',
    'One validator controls the chain',
    'It holds more than two thirds of the power: spread the stake.',
  ),
  'genesis.single-validator': rule(
    'warning',
    'A chain of one validator',
    'It decides alone; fine for development.',
  ),
  'genesis.halting-coalition': rule(
    'info',
    'The smallest coalition that can stop the chain',
    'The larger the better.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
