import { rule, type Rule } from './rule.ts';

/** Rules of a genesis of CometBFT or the Cosmos SDK. */
export const FOREIGN_RULES = {
  'foreign.controls': rule(
    'warning',
    'One validator controls the chain',
    'It holds more than two thirds of the power: nobody can decide against it.',
  ),
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
  'foreign.missing-section': rule(
    'warning',
    'A section that CometBFT expects is left out',
    'State it: a node reads the missing numbers as 0 and may refuse to start.',
  ),
  'foreign.initial-height': rule(
    'error',
    'The initial height is no height',
    'State 1 or more, or leave it out.',
  ),
  'foreign.app-hash': rule(
    'error',
    'The app hash is neither hexadecimal nor base64',
    'Leave it empty, or state the hash.',
  ),
  'foreign.number': rule(
    'error',
    'A number, duration or time that cannot be',
    'State a whole number, decimal, duration or time in the form and the range that its member has.',
  ),
  'foreign.module-parameter': rule(
    'error',
    'A parameter outside the range that its module accepts',
    'The module refuses it, at the check of the genesis or when the chain starts.',
  ),
  'foreign.module-parameter-weak': rule(
    'warning',
    'A parameter that a module accepts and founders rarely mean',
    'See whether it is meant.',
  ),
  'foreign.denomination': rule(
    'error',
    'A name that no denomination can have',
    'Denominations begin with a letter and have 3 to 128 of letters, digits and the marks / : . _ -.',
  ),
  'foreign.coin-order': rule(
    'error',
    'Coins that are not sorted by denomination',
    'Sort them: the bank module refuses them otherwise.',
  ),
  'foreign.zero-coin': rule('error', 'A coin of nothing', 'Leave it out: the bank module refuses it.'),
  'foreign.legacy-coins': rule(
    'warning',
    'Coins of an early generation that are unsorted or of nothing',
    'Sort them and leave out those of nothing: later generations refuse them.',
  ),
  'foreign.denomination-metadata': rule(
    'warning',
    'Metadata of a denomination that contradicts itself',
    'Begin with the base unit at exponent 0, sort the units by exponent, and let the display unit be one of them.',
  ),
  'foreign.account-key': rule(
    'error',
    'An account whose public key belongs to another address',
    'Nobody could sign for it: correct the key or leave it out.',
  ),
  'foreign.account-form': rule(
    'error',
    'An account that is none',
    'Each account has an address, and the members of its kind.',
  ),
  'foreign.no-account': rule(
    'error',
    'A validator signs for an account that is not listed',
    'Add the account: its transaction would be refused, and the chain would stop at genesis.',
  ),
  'foreign.vesting': rule(
    'error',
    'A vesting schedule that cannot be',
    'It vests no more than the account holds or has delegated, and ends after it begins.',
  ),
  'foreign.vesting-not-held': rule(
    'warning',
    'More vests than the account holds',
    'See whether the schedule or the balance is meant: what is not there never vests.',
  ),
  'foreign.module-account': rule(
    'error',
    'A module account whose address is not that of its name',
    'The address of a module is the first 20 bytes of the SHA-256 of its name.',
  ),
  'foreign.missing-member': rule(
    'warning',
    'A member of a genesis transaction is left out',
    'It is taken for empty; state it, so that every reader sees what was signed.',
  ),
  'foreign.signed-form': rule(
    'warning',
    'A signed value in another form than the SDK writes',
    'Write it as it was signed.',
  ),
  'foreign.signature': rule(
    'error',
    'A signature that is not one of its signer over this transaction and chain id',
    'Somebody changed it after it was signed, or signed for another chain: have the validator make it anew.',
  ),
  'foreign.signature-malleable': rule(
    'error',
    'A signature in the form that the SDK refuses',
    'S must be in the lower half of the range: have the validator make it anew.',
  ),
  'foreign.signature-uncheckable': rule(
    'warning',
    'A signature that cannot be checked here',
    'Neither valid nor forged: check it with the software of the chain.',
  ),
  'foreign.signer': rule(
    'error',
    'The key that signed belongs to another account than the delegator',
    'The delegator signs for itself, and is the operator of the validator.',
  ),
  'foreign.key': rule(
    'error',
    'A public key that nobody can sign with',
    'State the key of the validator or the account.',
  ),
  'foreign.key-type': rule(
    'error',
    'A consensus key of a type that the consensus parameters do not accept',
    'Accept the type in validator.pub_key_types, or use another key: the chain would stop at its first block.',
  ),
  'foreign.duplicate-key': rule(
    'error',
    'Two validators with one consensus key',
    'Have one of them make a key of its own: the chain would stop, or slash both.',
  ),
  'foreign.duplicate-validator': rule('error', 'An operator declares two validators', 'Keep one of the two.'),
  'foreign.duplicate-name': rule(
    'warning',
    'Two validators with one name',
    'Ask both who they are: names are what delegators go by.',
  ),
  'foreign.description': rule(
    'error',
    'A name that is empty, or a text of a description that is too long',
    'Give the validator a name and shorten the text: the transaction would be refused.',
  ),
  'foreign.memo': rule(
    'error',
    'A memo longer than the parameters of auth accept',
    'Shorten it or raise max_memo_characters: the chain would stop at genesis.',
  ),
  'foreign.signers': rule(
    'error',
    'More keys in a multisignature than the parameters of auth accept',
    'Raise tx_sig_limit: the chain would stop at genesis.',
  ),
  'foreign.commission': rule(
    'error',
    'A commission that cannot be',
    'The rate is at most the largest rate, which is at most 1; the largest change is at most the largest rate.',
  ),
  'foreign.min-self-delegation': rule(
    'error',
    'A least self-delegation above what is delegated',
    'It is at most the delegation.',
  ),
  'foreign.no-self-delegation': rule(
    'warning',
    'A least self-delegation of nothing',
    'Most versions of the SDK refuse it: state 1 or more.',
  ),
  'foreign.validator-address': rule(
    'error',
    'An address of a validator that is not that of its key',
    'CometBFT refuses it: leave the address out or correct it.',
  ),
  'foreign.power': rule(
    'error',
    'Voting power that cannot be',
    'Each validator has a positive power, and all of them less than 2^63 / 8: a node would stop at start.',
  ),
  'foreign.validator-set': rule(
    'error',
    'The validators at top level are not those of the staking state',
    'The chain would stop at start: export both from the same state.',
  ),
  'foreign.power-tokens': rule(
    'warning',
    'A voting power that does not follow from the bonded tokens',
    'Compare with the state that was exported.',
  ),
  'foreign.validator-state': rule(
    'error',
    'A validator in a state that cannot be',
    'A jailed validator is not bonded, and a bonded one has shares.',
  ),
  'foreign.delegation': rule(
    'error',
    'A delegation to a validator that does not exist, or of no shares',
    'Correct the validator’s address or remove the delegation.',
  ),
  'foreign.shares': rule(
    'error',
    'The shares of a validator are not the sum of its delegations',
    'The chain would stop at its first invariant check: export the state anew.',
  ),
  'foreign.pool': rule(
    'error',
    'A pool of the staking module that does not hold the tokens of its validators',
    'The chain would stop at start: correct the balance.',
  ),
  'foreign.pool-missing': rule(
    'warning',
    'A pool of the staking module that holds nothing',
    'SDK 0.43 and later stop at start: state the balance and the supply with it.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
