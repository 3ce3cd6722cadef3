import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64 } from '@scure/base';
import { RULES, type RuleId } from '../../index.ts';
import { FOREIGN_RULES } from '../../rules/foreign-rules.ts';
import { errorsOf, findingsOf, judge, type Loose } from '../fixtures/documents.ts';
import {
  makeAminoAccounts,
  makeExported,
  makeExportedFlat,
  makeFlat,
  makeFlatWithSupply,
  makeWithConsensusSection,
  withPrefix,
} from '../fixtures/foreign-generations.ts';
import { consensusKeyOf, directTransaction, foreignAddress, signerOf } from '../fixtures/foreign-keys.ts';
import { makeForeign } from '../fixtures/foreign.ts';

/** A document that breaks a rule, where the finding must be, and what its message must say. */
interface Case {
  readonly rule: RuleId;
  readonly path: string;
  readonly says: RegExp;
  readonly document: () => Loose;
  /** Other findings that cannot but come along. */
  readonly along: readonly RuleId[];
}

type Along = readonly RuleId[];

/** `change` breaks a valid document of one generation. */
function of(make: () => Loose) {
  return (
    rule: RuleId,
    path: string,
    says: RegExp,
    change: (document: Loose) => void,
    ...along: Along
  ): Case => ({
    rule,
    path,
    says,
    along,
    document: () => {
      const document = make();
      change(document);
      return document;
    },
  });
}

const plain = of(() => makeForeign());
const flat = of(makeFlat);
const supplied = of(makeFlatWithSupply);
const amino = of(makeAminoAccounts);
const exported = of(makeExported);
const exportedFlat = of(makeExportedFlat);
const modern = of(makeWithConsensusSection);

const MESSAGE = '/app_state/genutil/gen_txs/0/body/messages/0';

/** `change` alters the last validator's message before it is signed: it comes after those that it may repeat. */
function signed(
  rule: RuleId,
  at: string,
  says: RegExp,
  change: (message: Loose) => void,
  ...along: Along
): Case {
  const document = (): Loose =>
    makeForeign((message, index) => {
      if (index === 3) change(message);
    });
  return { rule, path: `/app_state/genutil/gen_txs/3/body/messages/0${at}`, says, document, along };
}

const staking = '/app_state/staking';
const topHeavy = of(() =>
  makeForeign((message, index) => {
    if (index > 0) message.value.amount = '1000';
  }),
);

const CASES: readonly Case[] = [
  topHeavy('foreign.controls', '/validators', /holds 99\.7 % of the power, more than two thirds/, () => {}),
  plain(
    'foreign.chain-id',
    '/chain_id',
    /"a{51}" is not a text of 1 to 50/,
    (d) => (d.chain_id = 'a'.repeat(51)),
    'foreign.signature',
  ),
  plain('foreign.chain-id', '/chain_id', /^7 is not a text/, (d) => (d.chain_id = 7), 'foreign.signature'),
  ...[
    '0001-01-01T00:00:00Z',
    '2020-13-01T00:00:00Z',
    '2020-02-30T00:00:00Z',
    '2020-01-01T24:00:00Z',
    '2020-01-01T00:00:00',
    '',
  ].map((time) =>
    plain(
      'foreign.time',
      '/genesis_time',
      new RegExp(`"${time}" is not a time after 1970`),
      (d) => (d.genesis_time = time),
    ),
  ),
  plain(
    'foreign.initial-height',
    '/initial_height',
    /"-1" is not a height/,
    (d) => (d.initial_height = '-1'),
  ),
  plain('foreign.app-hash', '/app_hash', /"xyz" is not the bytes of a hash/, (d) => (d.app_hash = 'xyz')),

  plain(
    'foreign.address',
    '/app_state/bank/balances/4/address',
    /is not a bech32 address: .*checksum/,
    (d) => {
      d.app_state.bank.balances[4].address = 'cosmos1qsrqszqgpqyqszqgpqyqszqgpqyqszqgtw0v96';
    },
  ),
  plain('foreign.address', '/app_state/bank/balances/4/address', /prefix is osmo; .* have cosmos/, (d) => {
    d.app_state.bank.balances[4].address = withPrefix(foreignAddress(4), 'osmo');
  }),
  plain('foreign.address', '/app_state/auth/accounts/4/address', /prefix is osmo; .* have cosmos/, (d) => {
    d.app_state.auth.accounts[4].address = withPrefix(foreignAddress(4), 'osmo');
  }),
  plain('foreign.address', '/app_state/bank/balances/4/address', /holds 21 bytes/, (d) => {
    d.app_state.bank.balances[4].address = foreignAddress(4, 21);
  }),
  signed(
    'foreign.address',
    '/delegator_address',
    /prefix is osmo; the accounts have cosmos/,
    (m) => {
      m.delegator_address = withPrefix(m.delegator_address, 'osmo');
    },
    'foreign.no-account',
    'foreign.self-delegation',
  ),
  signed(
    'foreign.address',
    '/validator_address',
    /prefix is cosmos; the other operators have cosmosvaloper/,
    (m) => {
      m.validator_address = m.delegator_address;
    },
  ),
  plain(
    'foreign.duplicate-account',
    '/app_state/bank/balances/5/address',
    /"cosmos1\w+" stands at \/app_state\/bank\/balances\/4/,
    (d) => {
      d.app_state.bank.balances.push(structuredClone(d.app_state.bank.balances[4]));
      d.app_state.bank.supply[0].amount = '6000000';
    },
  ),
  plain(
    'foreign.duplicate-account',
    '/app_state/auth/accounts/5/address',
    /stands in the list already/,
    (d) => {
      d.app_state.auth.accounts.push(structuredClone(d.app_state.auth.accounts[4]));
    },
  ),
  flat(
    'foreign.duplicate-account',
    '/app_state/accounts/5/address',
    /stands at \/app_state\/accounts\/4/,
    (d) => {
      d.app_state.accounts.push({ ...structuredClone(d.app_state.accounts[4]), coins: [] });
    },
    'foreign.vesting-not-held',
  ),
  plain('foreign.account-form', '/app_state/auth/accounts/4', /expected an account, found null/, (d) => {
    d.app_state.auth.accounts[4] = null;
  }),
  ...[null, '-1', '01', '1.0', -1, 1.5, '9'.repeat(90)].map((amount) =>
    plain('foreign.amount', '/app_state/bank/balances/4/coins/0/amount', /is not a whole amount/, (d) => {
      d.app_state.bank.balances[4].coins[0].amount = amount;
      d.app_state.bank.supply[0].amount = '4000000';
    }),
  ),
  plain('foreign.amount', '/app_state/bank/balances/4/coins/1/denom', /stands in the list twice/, (d) => {
    d.app_state.bank.balances[4].coins.push({ denom: 'stake', amount: '1' });
    d.app_state.bank.supply[0].amount = '5000001';
  }),
  ...['', 'ab', '1abc', 'a'.repeat(129), 'zł🜁', 7].map((denom) =>
    plain(
      'foreign.denomination',
      '/app_state/bank/balances/4/coins/0/denom',
      /cannot be a denomination/,
      (d) => {
        d.app_state.bank.balances[4].coins[0].denom = denom;
        d.app_state.bank.supply[0].amount = '4000000';
      },
    ),
  ),
  plain(
    'foreign.coin-order',
    '/app_state/bank/balances/4/coins/1/denom',
    /gold belongs before stake/,
    (d) => {
      d.app_state.bank.balances[4].coins.push({ denom: 'gold', amount: '3' });
      d.app_state.bank.supply.unshift({ denom: 'gold', amount: '3' });
    },
  ),
  plain('foreign.zero-coin', '/app_state/bank/balances/4/coins/0/amount', /holds no gold/, (d) => {
    d.app_state.bank.balances[4].coins.unshift({ denom: 'gold', amount: '0' });
  }),
  flat('foreign.legacy-coins', '/app_state/accounts/4/coins/0/amount', /holds no gold/, (d) => {
    d.app_state.accounts[4].coins.unshift({ denom: 'gold', amount: '0' });
  }),
  flat('foreign.legacy-coins', '/app_state/accounts/4/coins/1/denom', /gold belongs before stake/, (d) => {
    d.app_state.accounts[4].coins.push({ denom: 'gold', amount: '1' });
  }),
  plain(
    'foreign.denomination-metadata',
    '/app_state/bank/denom_metadata/0/display',
    /"STAKE" is none of the units/,
    (d) => {
      d.app_state.bank.denom_metadata = [
        { base: 'stake', display: 'STAKE', denom_units: [{ denom: 'stake', exponent: 0 }] },
      ];
    },
  ),
  plain(
    'foreign.denomination-metadata',
    '/app_state/bank/denom_metadata/0/denom_units/1/exponent',
    /exponent is 0/,
    (d) => {
      d.app_state.bank.denom_metadata = [
        {
          base: 'stake',
          display: 'STAKE',
          denom_units: [
            { denom: 'stake', exponent: 0 },
            { denom: 'STAKE', exponent: 0 },
          ],
        },
      ];
    },
  ),
  plain(
    'foreign.supply',
    '/app_state/bank/supply/0/amount',
    /stated as 1; the balances sum to 5000000/,
    (d) => {
      d.app_state.bank.supply[0].amount = '1';
    },
  ),
  plain('foreign.supply', '/app_state/bank/supply', /hold 3 gold, of which no supply is stated/, (d) => {
    d.app_state.bank.balances[4].coins.unshift({ denom: 'gold', amount: '3' });
  }),
  supplied(
    'foreign.supply',
    '/app_state/supply/supply/0/amount',
    /stated as 7; the balances sum to 5000000/,
    (d) => {
      d.app_state.supply.supply[0].amount = '7';
    },
  ),
  flat('foreign.supply', `${staking}/pool/not_bonded_tokens`, /stated as 7; .* 5000000/, (d) => {
    d.app_state.staking.pool.not_bonded_tokens = '7';
  }),

  ...(
    [
      ['block/max_bytes', '0', /max_bytes is "0"; it must be -1 or/],
      ['block/max_bytes', '104857601', /it must be -1 or from 1 to 104857600/],
      ['block/max_gas', '-2', /max_gas is "-2"; it must be -1 or more/],
      ['block/time_iota_ms', '0', /it must be 1 or more/],
      ['evidence/max_age_num_blocks', '0', /it must be 1 or more/],
      ['evidence/max_age_duration', '0', /it must be a duration above 0/],
      ['evidence/max_bytes', '22020097', /a block has 22020096 bytes/],
      ['evidence/max_bytes', '-1', /it must be 0 or more/],
      ['validator/pub_key_types', [], /at least one key type/],
    ] as const
  ).map(([place, value, says]) =>
    plain('foreign.parameters', `/consensus_params/${place}`, says, (d) => {
      const [section, name] = place.split('/') as [string, string];
      d.consensus_params[section][name] = value;
    }),
  ),
  flat('foreign.parameters', '/consensus_params/evidence/max_age', /it must be 1 or more/, (d) => {
    d.consensus_params.evidence.max_age = '0';
  }),
  plain('foreign.parameters', '/consensus_params/validator/pub_key_types/1', /"rsa" is no key type/, (d) => {
    d.consensus_params.validator.pub_key_types.push('rsa');
  }),
  plain('foreign.parameters', '/consensus_params', /expected the consensus parameters/, (d) => {
    d.consensus_params = 7;
  }),
  modern('foreign.parameters', '/consensus/params/abci/vote_extensions_enable_height', /0 or more/, (d) => {
    d.consensus.params.abci.vote_extensions_enable_height = '-1';
  }),
  modern('foreign.parameters', '/consensus/params/version/app', /0 or more/, (d) => {
    d.consensus.params.version.app = 'x';
  }),
  plain('foreign.missing-section', '/consensus_params/evidence', /"evidence" is left out/, (d) => {
    delete d.consensus_params.evidence;
  }),

  ...(
    [
      ['staking/params', 'unbonding_time', '0s'],
      ['staking/params', 'max_validators', 0],
      ['slashing/params', 'signed_blocks_window', '-1'],
      ['slashing/params', 'slash_fraction_downtime', '1.000000000000000001'],
      ['mint/params', 'inflation_max', '1.1'],
      ['mint/params', 'goal_bonded', '0.000000000000000000'],
      ['mint/minter', 'inflation', '-0.1'],
      ['distribution/params', 'community_tax', '.5'],
      ['gov/deposit_params', 'max_deposit_period', '-1s'],
      ['gov/tally_params', 'threshold', '0.0'],
      ['auth/params', 'tx_sig_limit', '0'],
    ] as const
  ).map(([place, name, value]) =>
    plain(
      'foreign.module-parameter',
      `/app_state/${place}/${name}`,
      /it must be/,
      (d) => {
        const [module, section] = place.split('/') as [string, string];
        d.app_state[module] ??= {};
        d.app_state[module][section] = { ...d.app_state[module][section], [name]: value };
      },
      ...(name === 'tx_sig_limit' ? (['foreign.signers'] as const) : []),
    ),
  ),
  plain('foreign.module-parameter', '/app_state/mint/params/inflation_min', /above the largest/, (d) => {
    d.app_state.mint = { params: { inflation_min: '0.5', inflation_max: '0.4' } };
  }),
  plain('foreign.module-parameter', '/app_state/distribution/params/community_tax', /more than 1/, (d) => {
    d.app_state.distribution = { params: { community_tax: '0.9', base_proposer_reward: '0.2' } };
  }),
  modern('foreign.module-parameter', '/app_state/gov/params/expedited_threshold', /must be above/, (d) => {
    d.app_state.gov.params.expedited_threshold = '0.5';
  }),
  modern('foreign.module-parameter', '/app_state/gov/params/expedited_voting_period', /shorter time/, (d) => {
    d.app_state.gov.params.expedited_voting_period = '172800s';
  }),
  plain(
    'foreign.module-parameter-weak',
    '/consensus_params/evidence/max_age_duration',
    /expires before/,
    (d) => {
      d.consensus_params.evidence.max_age_duration = '172800000000000';
    },
  ),
  plain(
    'foreign.module-parameter-weak',
    '/app_state/slashing/params/signed_blocks_window',
    /9 blocks/,
    (d) => {
      d.app_state.slashing.params.signed_blocks_window = '9';
    },
  ),
  plain(
    'foreign.module-parameter-weak',
    '/app_state/slashing/params/downtime_jail_duration',
    /within a minute/,
    (d) => {
      d.app_state.slashing.params.downtime_jail_duration = '59s';
    },
  ),

  plain('foreign.number', '/app_state/auth/accounts/4/sequence', /is not a whole number of 64 bits/, (d) => {
    d.app_state.auth.accounts[4].sequence = '18446744073709551616';
  }),
  plain('foreign.number', '/app_state/bank/denom_metadata/0/denom_units/0/exponent', /32 bits/, (d) => {
    d.app_state.bank.denom_metadata = [
      { base: 'stake', display: 'stake', denom_units: [{ denom: 'stake', exponent: -1 }] },
    ];
  }),
  flat('foreign.number', '/app_state/accounts/4/end_time', /is not a time in seconds/, (d) => {
    d.app_state.accounts[4].end_time = 'soon';
  }),
  exported(
    'foreign.number',
    `${staking}/unbonding_delegations/0/entries/0/completion_time`,
    /is no time/,
    (d) => {
      d.app_state.staking.unbonding_delegations[0].entries[0].completion_time = '2022-06-31T00:00:00Z';
    },
  ),
  exported('foreign.number', `${staking}/validators/0/delegator_shares`, /shares as a decimal/, (d) => {
    d.app_state.staking.validators[0].delegator_shares = '4e6';
  }),

  amino(
    'foreign.account-key',
    '/app_state/auth/accounts/0/value/public_key',
    /the key belongs to cosmos1\w+, not to/,
    (d) => {
      d.app_state.auth.accounts[0].value.public_key = signerOf(7).pubkey;
    },
  ),
  plain('foreign.account-key', '/app_state/auth/accounts/0/pub_key', /the key belongs to cosmos1/, (d) => {
    d.app_state.auth.accounts[0].pub_key = {
      '@type': '/cosmos.crypto.secp256k1.PubKey',
      key: signerOf(7).pubkey.value,
    };
  }),
  plain('foreign.key', '/app_state/auth/accounts/0/pub_key/key', /has 32 bytes; it must have 33/, (d) => {
    d.app_state.auth.accounts[0].pub_key = {
      '@type': '/cosmos.crypto.secp256k1.PubKey',
      key: consensusKeyOf(0),
    };
  }),
  plain('foreign.key', '/app_state/auth/accounts/0/pub_key/key', /not base64 in its canonical form/, (d) => {
    const key = `${consensusKeyOf(0).slice(0, -2)}${consensusKeyOf(0).at(-2) === 'B' ? 'C' : 'B'}=`;
    d.app_state.auth.accounts[0].pub_key = { '@type': '/cosmos.crypto.ed25519.PubKey', key };
  }),
  signed('foreign.key', '/pubkey', /small order/, (m) => {
    m.pubkey.key = base64.encode(new Uint8Array(32));
  }),
  exported('foreign.key', `${staking}/validators/3/consensus_pubkey`, /has no consensus key/, (d) => {
    delete d.app_state.staking.validators[3].consensus_pubkey;
  }),
  exportedFlat(
    'foreign.key',
    `${staking}/validators/3/consensus_pubkey`,
    /is not a bech32 public key: .*checksum/,
    (d) => {
      d.app_state.staking.validators[3].consensus_pubkey =
        d.app_state.staking.validators[3].consensus_pubkey.replace(/.$/, (last: string) =>
          last === 'q' ? 'p' : 'q',
        );
    },
  ),
  plain('foreign.key-type', `${MESSAGE}/pubkey`, /type ed25519; accepted are secp256k1/, (d) => {
    d.consensus_params.validator.pub_key_types = ['secp256k1'];
  }),
  flat(
    'foreign.vesting',
    '/app_state/accounts/4/end_time',
    /ends at 1552518000, and begins at 1552518000/,
    (d) => {
      d.app_state.accounts[4].end_time = '1552518000';
    },
  ),
  flat('foreign.vesting', '/app_state/accounts/4/end_time', /has no end/, (d) => {
    d.app_state.accounts[4].end_time = '0';
  }),
  flat(
    'foreign.vesting',
    '/app_state/accounts/4/delegated_vesting',
    /900001 stake of those that vest/,
    (d) => {
      d.app_state.accounts[4].delegated_vesting = [{ denom: 'stake', amount: '900001' }];
    },
  ),
  exported(
    'foreign.vesting',
    '/app_state/auth/accounts/6/vesting_periods',
    /periods end at 1700000101/,
    (d) => {
      d.app_state.auth.accounts[6].vesting_periods[1].length = '61';
    },
  ),
  exported(
    'foreign.vesting',
    '/app_state/auth/accounts/6/vesting_periods',
    /release 101 stake; 100 vest/,
    (d) => {
      d.app_state.auth.accounts[6].vesting_periods[1].amount[0].amount = '41';
    },
  ),
  flat(
    'foreign.vesting-not-held',
    '/app_state/accounts/4/original_vesting',
    /1000001 stake vest; .* 1000000/,
    (d) => {
      d.app_state.accounts[4].original_vesting[0].amount = '1000001';
    },
  ),
  exported(
    'foreign.module-account',
    '/app_state/auth/accounts/5/name',
    /the module gov has the address/,
    (d) => {
      d.app_state.auth.accounts[5].name = 'gov';
    },
  ),
  supplied(
    'foreign.module-account',
    '/app_state/accounts/5/module_name',
    /the module gov has the address/,
    (d) => {
      d.app_state.accounts[5].module_name = 'gov';
    },
  ),

  plain(
    'foreign.no-validators',
    '/app_state',
    /nobody could make a block/,
    (d) => (d.app_state.genutil.gen_txs = []),
  ),
  plain('foreign.genesis-transaction', '/app_state/genutil/gen_txs/1', /no create-validator message/, (d) => {
    d.app_state.genutil.gen_txs[1] = { some: 'thing' };
  }),
  plain(
    'foreign.genesis-transaction',
    '/app_state/genutil/gen_txs/1/signatures',
    /there are 0 signatures/,
    (d) => {
      d.app_state.genutil.gen_txs[1].signatures = [];
    },
  ),
  plain('foreign.genesis-transaction', '/app_state/genutil/gen_txs/1/signatures/0', /canonical form/, (d) => {
    d.app_state.genutil.gen_txs[1].signatures[0] = '!';
  }),
  plain(
    'foreign.genesis-transaction',
    '/app_state/genutil/gen_txs/1/auth_info/signer_infos/0/sequence',
    /0 at genesis/,
    (d) => {
      d.app_state.genutil.gen_txs[1].auth_info.signer_infos[0].sequence = '1';
    },
  ),
  plain(
    'foreign.genesis-transaction',
    '/app_state/genutil/gen_txs/1/body/messages/1',
    /declares one validator/,
    (d) => {
      const { messages } = d.app_state.genutil.gen_txs[1].body;
      messages.push(structuredClone(messages[0]));
    },
  ),
  flat('foreign.genesis-transaction', '/app_state/gentxs/0/value/fee/gas', /64 bits as text/, (d) => {
    d.app_state.gentxs[0].value.fee.gas = 200_000;
  }),
  plain('foreign.missing-member', '/app_state/genutil/gen_txs/1/body/memo', /"memo" is left out/, (d) => {
    delete d.app_state.genutil.gen_txs[1].body.memo;
  }),
  plain(
    'foreign.signed-form',
    '/app_state/genutil/gen_txs/1/body/messages/0/commission/rate',
    /stands for 0.10{17}$/,
    (d) => {
      d.app_state.genutil.gen_txs[1].body.messages[0].commission.rate = '0.1';
    },
  ),
  plain('foreign.signature', '/app_state/genutil/gen_txs/1/signatures/0', /did not sign this/, (d) => {
    d.app_state.genutil.gen_txs[1].body.messages[0].description.details = 'x';
  }),
  plain('foreign.signature-malleable', '/app_state/genutil/gen_txs/0/signatures/0', /upper half/, (d) => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const bytes = base64.decode(d.app_state.genutil.gen_txs[0].signatures[0]);
    const s = BigInt(`0x${Buffer.from(bytes.subarray(32)).toString('hex')}`);
    bytes.set(Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex'), 32);
    d.app_state.genutil.gen_txs[0].signatures[0] = base64.encode(bytes);
  }),
  plain(
    'foreign.signature-uncheckable',
    '/app_state/genutil/gen_txs/1/body/messages/0/evm_address',
    /no member "evm_address"/,
    (d) => {
      d.app_state.genutil.gen_txs[1].body.messages[0].evm_address = '';
    },
  ),
  signed(
    'foreign.signer',
    '/validator_address',
    /the operator is another account than the delegator/,
    (m) => {
      m.validator_address = signerOf(9).operator;
    },
  ),
  plain(
    'foreign.no-account',
    '/app_state/genutil/gen_txs/3/body/messages/0/value',
    /is not among the accounts/,
    (d) => {
      d.app_state.auth.accounts.splice(3, 1);
    },
  ),
  signed('foreign.duplicate-key', '/pubkey', /the key stands at .*gen_txs\/1.*pubkey already/, (m) => {
    m.pubkey.key = consensusKeyOf(1);
  }),
  plain(
    'foreign.duplicate-validator',
    '/app_state/genutil/gen_txs/4/body/messages/0/validator_address',
    /stands at .*gen_txs\/0/,
    (d) => {
      const edit = (message: Loose): void => {
        message.pubkey.key = consensusKeyOf(8);
        message.description.moniker = 'second';
      };
      d.app_state.genutil.gen_txs.push(directTransaction('Rehearsal_9000-1', 0, { edit }));
    },
  ),
  exported(
    'foreign.duplicate-validator',
    `${staking}/validators/4/operator_address`,
    /stands at .*validators\/0/,
    (d) => {
      const [first] = d.app_state.staking.validators;
      d.app_state.staking.validators.push({
        ...first,
        consensus_pubkey: { '@type': '/cosmos.crypto.ed25519.PubKey', key: consensusKeyOf(8) },
        description: {},
        tokens: '0',
        status: 'BOND_STATUS_UNBONDED',
        jailed: true,
        delegator_shares: '4000000',
      });
    },
    'foreign.validator-set',
    'foreign.power-tokens',
    'foreign.shares',
    'foreign.pool',
  ),
  signed(
    'foreign.duplicate-name',
    '/description/moniker',
    /"Validator 1 "/,
    (m) => (m.description.moniker = 'Validator 1 '),
  ),
  signed('foreign.description', '/description/moniker', /has no name/, (m) => (m.description.moniker = '')),
  signed(
    'foreign.description',
    '/description/moniker',
    /has 71 bytes; at most 70/,
    (m) => (m.description.moniker = 'x'.repeat(71)),
  ),
  signed(
    'foreign.description',
    '/description/details',
    /has 281 bytes; at most 280/,
    (m) => (m.description.details = 'x'.repeat(281)),
  ),
  plain('foreign.memo', '/app_state/genutil/gen_txs/0/body/memo', /has 257 characters; at most 256/, (d) => {
    d.app_state.genutil.gen_txs[0] = directTransaction('Rehearsal_9000-1', 0, { memo: 'm'.repeat(257) });
  }),
  flat('foreign.signers', '/app_state/gentxs/3/value/signatures/0/pub_key', /3 keys; at most 2/, (d) => {
    d.app_state.auth.params.tx_sig_limit = '2';
  }),
  signed(
    'foreign.commission',
    '/commission/rate',
    /rate is 0.3.*largest rate is 0.2/,
    (m) => (m.commission.rate = '0.300000000000000000'),
  ),
  signed(
    'foreign.commission',
    '/commission/max_change_rate',
    /change is 0.3/,
    (m) => (m.commission.max_change_rate = '0.300000000000000000'),
  ),
  signed(
    'foreign.commission',
    '/commission/max_rate',
    /it is 1.1.*from 0 to 1/,
    (m) => (m.commission.max_rate = '1.100000000000000000'),
  ),
  plain('foreign.commission', `${MESSAGE}/commission/rate`, /ask for 0.11/, (d) => {
    d.app_state.staking.params.min_commission_rate = '0.11';
  }),
  exported(
    'foreign.commission',
    `${staking}/validators/0/commission/commission_rates/rate`,
    /no rate/,
    (d) => {
      d.app_state.staking.validators[0].commission.commission_rates.rate = '-1';
    },
  ),
  signed(
    'foreign.no-self-delegation',
    '/min_self_delegation',
    /withdraw all/,
    (m) => (m.min_self_delegation = '0'),
  ),
  signed(
    'foreign.min-self-delegation',
    '/min_self_delegation',
    /is 1000001; 997000/,
    (m) => (m.min_self_delegation = '1000001'),
  ),
  signed(
    'foreign.self-delegation',
    '/value/amount',
    /delegates 1000001; its account holds 1000000/,
    (m) => (m.value.amount = '1000001'),
  ),
  signed(
    'foreign.stake-denomination',
    '/value/denom',
    /in gold; the bond denomination is stake/,
    (m) => (m.value.denom = 'gold'),
  ),

  exported(
    'foreign.validator-address',
    '/validators/0/address',
    /is not the address of the key, [0-9A-F]{40}/,
    (d) => {
      d.validators[0].address = '00'.repeat(20);
    },
  ),
  ...['0', '-5', '9223372036854775808', null].map((power) =>
    exported(
      'foreign.power',
      '/validators/2/power',
      /it must be positive/,
      (d) => {
        d.validators[2].power = power;
      },
      'foreign.validator-set',
    ),
  ),
  exported(
    'foreign.power',
    '/validators',
    /sum to 1152921504606846976, more than 1152921504606846975/,
    (d) => {
      d.validators[0].power = (2n ** 60n - 6n).toString();
    },
    'foreign.validator-set',
  ),
  exported('foreign.power', `${staking}/last_total_power`, /stated as 11; the powers sum to 10/, (d) => {
    d.app_state.staking.last_total_power = '11';
  }),
  exported('foreign.validator-set', '/validators/0/power', /power is 5; the staking state has 4/, (d) => {
    d.validators[0].power = '5';
  }),
  exported(
    'foreign.validator-set',
    `${staking}/last_validator_powers`,
    /3 validators have power; at top level there are 2/,
    (d) => {
      d.validators.pop();
    },
  ),
  exported(
    'foreign.validator-set',
    '/validators/2',
    /no validator of the staking state has this key/,
    (d) => {
      d.validators[2].pub_key.value = consensusKeyOf(8);
      d.validators[2].address = '';
    },
  ),
  exported(
    'foreign.power-tokens',
    '/validators/0/power',
    /power is 5; cosmosvaloper1\w+ has 4000000 tokens/,
    (d) => {
      d.validators[0].power = '5';
      d.app_state.staking.exported = false;
      d.app_state.auth.accounts.pop();
    },
  ),
  exported(
    'foreign.validator-state',
    `${staking}/validators/0/jailed`,
    /bonded and jailed/,
    (d) => {
      d.app_state.staking.validators[0].jailed = true;
    },
    'foreign.validator-set',
  ),
  exported(
    'foreign.validator-state',
    `${staking}/validators/0/status`,
    /"BONDED" is no state/,
    (d) => {
      d.app_state.staking.validators[0].status = 'BONDED';
    },
    'foreign.pool',
  ),
  exported(
    'foreign.delegation',
    `${staking}/delegations/0/validator_address`,
    /there is no validator/,
    (d) => {
      d.app_state.staking.delegations[0].validator_address = signerOf(9).operator;
    },
    'foreign.shares',
  ),
  exported(
    'foreign.delegation',
    `${staking}/delegations/0/shares`,
    /is no number of shares above 0/,
    (d) => {
      d.app_state.staking.delegations[0].shares = '0.0';
    },
    'foreign.shares',
  ),
  exported(
    'foreign.shares',
    `${staking}/validators/0/delegator_shares`,
    /the shares are 4000001\.0+; .* 4000000\.0+/,
    (d) => {
      d.app_state.staking.validators[0].delegator_shares = '4000001.000000000000000000';
    },
  ),
  exported(
    'foreign.pool',
    '/app_state/bank/balances/5',
    /bonded_tokens_pool .* holds 10000001 stake; it stands for 10000000/,
    (d) => {
      d.app_state.bank.balances[5].coins[0].amount = '10000001';
      d.app_state.bank.supply[1].amount = '18000008';
    },
  ),
  exportedFlat(
    'foreign.pool',
    `${staking}/pool/bonded_tokens`,
    /stated as 7; the bonded validators have 10000000/,
    (d) => {
      d.app_state.staking.pool.bonded_tokens = '7';
    },
  ),
  exported('foreign.pool-missing', `${staking}/validators`, /holds 0 stake; it stands for 3000000/, (d) => {
    d.app_state.bank.balances.splice(6, 1);
    d.app_state.bank.supply[1].amount = '15000007';
  }),
];

test('every rule of foreign documents has a case, and every case a rule', () => {
  const covered = new Set(CASES.map(({ rule }) => rule));
  assert.deepEqual([...covered].toSorted(), Object.keys(FOREIGN_RULES).toSorted());
});

for (const [i, { rule, document, path, says, along }] of CASES.entries()) {
  test(`case ${i}: ${rule} at ${path}: ${says.source.slice(0, 60)}`, async () => {
    const report = await judge(document());
    const found = findingsOf(report, rule).filter((finding) => finding.path === path);
    const all = JSON.stringify(report.findings.slice(0, 10), undefined, 1);
    assert.ok(
      found.some(({ message }) => says.test(message)),
      all,
    );
    assert.ok(found.every(({ severity }) => severity === RULES[rule].severity));
    assert.equal(report.valid, errorsOf(report).length === 0);
    assert.equal(report.genesisHash === null, !report.valid);
    const others = report.findings.filter(
      (finding) =>
        finding.rule !== rule && !along.includes(finding.rule) && finding.rule.startsWith('foreign.'),
    );
    assert.deepEqual(others, [], 'findings that nothing in the document calls for');
  });
}
