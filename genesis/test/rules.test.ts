import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AMOUNT_MAX, concatBytes, formatAddress, toHex, utf8 } from '#kernel';
import { SMALL_ORDER_ENCODINGS } from '../../kernel/test/small-order.ts';
import { makeProofOfPossession, RULES, type RuleId } from '../index.ts';
import { declarationDigest } from '../document/declaration.ts';
import { DOCUMENT_DEPTH_MAX } from '../limits.ts';
import { OWN_RULES } from '../rules/own-rules.ts';
import {
  accountOf,
  bytesOf,
  errorsOf,
  findingsOf,
  judge,
  keyOf,
  makeDocument,
  operatorOf,
  operatorKeyOf,
  settleSupply,
  signAnew,
  type Loose,
} from './fixtures/documents.ts';

/** A document that breaks a rule, where the finding must be, and what its message must say. */
interface Case {
  readonly rule: RuleId;
  readonly document: () => unknown;
  readonly path: string;
  readonly says: RegExp;
  /** Other errors that cannot but come along. */
  readonly along?: readonly RuleId[];
}

/** A case of the own format: `change` breaks a valid document, which its operators then sign. */
function own(
  rule: RuleId,
  path: string,
  says: RegExp,
  change: (document: Loose) => unknown,
  ...along: readonly RuleId[]
): Case {
  return altered(
    rule,
    path,
    says,
    (valid) => {
      const changed = change(valid) ?? valid;
      return signAnew(changed);
    },
    ...along,
  );
}

/** A case of the own format that the operators have not signed as it is. */
function altered(
  rule: RuleId,
  path: string,
  says: RegExp,
  change: (document: Loose) => unknown,
  ...along: readonly RuleId[]
): Case {
  const document = (): unknown => {
    const valid = makeDocument();
    return change(valid) ?? valid;
  };
  return { rule, path, says, document, along };
}

/** Text of a valid document with a piece replaced: for what no JSON value can express. */
function text(
  rule: RuleId,
  path: string,
  says: RegExp,
  [piece, by]: readonly [string, string],
  ...along: readonly RuleId[]
): Case {
  const document = (): unknown => {
    const valid = JSON.stringify(makeDocument());
    assert.ok(valid.includes(piece));
    return valid.replace(piece, by);
  };
  return { rule, path, says, document, along };
}

/** Puts the stakes in the place of those of a valid document, balances included. */
function stakes(...values: readonly bigint[]): (document: Loose) => unknown {
  return () => makeDocument(values);
}

const HUGE = (AMOUNT_MAX - 1n).toString();

const CASES: readonly Case[] = [
  {
    rule: 'json.encoding',
    path: '',
    says: /not valid UTF-8; save it/,
    document: () => concatBytes(bytesOf(makeDocument()), Uint8Array.of(0xff)),
  },
  {
    rule: 'json.encoding',
    path: '',
    says: /byte order mark/,
    document: () => concatBytes(Uint8Array.of(0xef, 0xbb, 0xbf), bytesOf(makeDocument())),
  },
  { rule: 'json.syntax', path: '', says: /the document is empty/, document: () => '' },
  { rule: 'json.syntax', path: '', says: /line 2, column 3: .*x/, document: () => '{\n  x}' },
  text('json.syntax', '', /not JSON/, ['"version":1', '"version":1 // one']),
  {
    rule: 'json.depth',
    path: '',
    says: /more than 64 levels/,
    document: () => '['.repeat(DOCUMENT_DEPTH_MAX + 1) + ']'.repeat(DOCUMENT_DEPTH_MAX + 1),
  },
  // Zeros of the system: no page of it is touched.
  {
    rule: 'json.size',
    path: '',
    says: /268435457 bytes; at most 268435456/,
    document: () => new Uint8Array(256 * 2 ** 20 + 1),
  },
  text('json.duplicate-member', '/chainId', /"chainId" stands twice/, [
    '"chainId"',
    '"chainId":"other-1","chainId"',
  ]),
  text(
    'json.duplicate-member',
    '/accounts/1/balance',
    /"balance" stands twice/,
    ['"balance":"5000000"', '"balance":"5000000","bal\\u0061nce":"1"'],
    'genesis.supply-mismatch',
  ),
  text(
    'json.unsafe-number',
    '/version',
    /9007199254740993 is beyond 2\^53/,
    ['"version":1', '"version":9007199254740993'],
    'genesis.version',
  ),
  text('json.unsafe-number', '/version', /1e400/, ['"version":1', '"version":1e400'], 'genesis.version'),
  text('json.lone-surrogate', '/accounts/0/label', /half a surrogate pair/, ['"founders"', '"\\ud800"']),
  text(
    'json.lone-surrogate',
    '/\udc00',
    /half a surrogate pair/,
    ['"version":1', '"version":1,"\\udc00":1'],
    'genesis.unknown-member',
  ),
  { rule: 'genesis.format', path: '', says: /neither "chainId"/, document: () => ({ hello: 'world' }) },
  { rule: 'genesis.format', path: '', says: /CometBFT/, document: () => [makeDocument()] },
  own('genesis.unknown-member', '/acounts', /no member "acounts" here; known are .*accounts/, (d) => {
    d.acounts = [];
  }),
  own('genesis.unknown-member', '/ledger/denomination/a~1b~0', /"a\/b~"/, (d) => {
    d.ledger.denomination['a/b~'] = 1;
  }),
  text('genesis.unknown-member', '/__proto__', /"__proto__"/, ['"version"', '"__proto__":{},"version"']),
  own('genesis.missing-member', '', /"genesisTime" is missing/, (d) => {
    delete d.genesisTime;
  }),
  own('genesis.missing-member', '/validators/2/identity', /"name" is missing/, (d) => {
    d.validators[2].identity = {};
  }),
  own(
    'genesis.wrong-type',
    '/accounts',
    /expected a list, found an object/,
    (d) => {
      d.accounts = {};
    },
    'genesis.no-accounts',
    'genesis.operator-missing',
    'genesis.supply-mismatch',
  ),
  own('genesis.wrong-type', '/totalSupply', /expected decimal text, found a number/, (d) => {
    d.totalSupply = 412_000_000;
  }),
  own('genesis.wrong-type', '/validators/0/consensusKey/value', /64 lower-case hexadecimal/, (d) => {
    d.validators[0].consensusKey.value = d.validators[0].consensusKey.value.toUpperCase();
  }),
  own(
    'genesis.wrong-type',
    '/validators/0/proofOfPossession',
    /expected 128 hexadecimal digits, got 4/,
    (d) => {
      d.validators[0].proofOfPossession = 'abcd';
    },
  ),
  own('genesis.version', '/version', /version is 2; this software knows version 1/, (d) => {
    d.version = 2;
  }),
  ...['Chain-1', 'ab', '-abc', 'a'.repeat(51), 'a b c'].map((chainId) =>
    own('genesis.chain-id', '/chainId', new RegExp(`"${chainId}" is not 3 to 50`), (d) => {
      d.chainId = chainId;
    }),
  ),
  ...[
    '2026-01-31',
    '2026-01-31T12:00:00Z',
    '2026-02-30T12:00:00.000Z',
    '2026-01-31T12:00:00.000+01:00',
    '1970-01-01T00:00:00.000Z',
  ].map((time) =>
    own('genesis.time', '/genesisTime', new RegExp(`"${time.replace('+', '\\+')}" is not a time`), (d) => {
      d.genesisTime = time;
    }),
  ),
  own('genesis.time-far', '/genesisTime', /begin on 2062-01-31T12:00:00.000Z, more than a year/, (d) => {
    d.genesisTime = '2062-01-31T12:00:00.000Z';
  }),
  ...['0', (2n ** 48n).toString()].map((height) =>
    own('genesis.initial-height', '/initialHeight', new RegExp(`height is ${height}; it must be`), (d) => {
      d.initialHeight = height;
    }),
  ),
  own('genesis.address', '/accounts/0/address', /bizra1qqqq.*checksum/, (d) => {
    d.accounts[0].address = 'bizra1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqxxxxxx';
  }),
  own('genesis.address', '/validators/3/operator', /is not an address/, (d) => {
    d.validators[3].operator = toHex(operatorOf(3));
  }),
  ...['-1', '1.5', '007', '+7', '1e3', ' 7', '', (AMOUNT_MAX + 1n).toString()].map((amount) =>
    own('genesis.amount', '/accounts/0/balance', /not an amount|more than 2\^128/, (d) => {
      d.accounts[0].balance = amount;
    }),
  ),
  own(
    'genesis.no-accounts',
    '/accounts',
    /at least one account/,
    (d) => {
      d.accounts = [];
      d.totalSupply = '0';
    },
    'genesis.operator-missing',
  ),
  own(
    'genesis.duplicate-account',
    '/accounts/6/address',
    /^bizra1\w+ stands at \/accounts\/1 already/,
    (d) => {
      d.accounts.push({ ...d.accounts[1] });
      settleSupply(d);
    },
  ),
  own('genesis.zero-balance', '/accounts/6/balance', /holds nothing/, (d) => {
    d.accounts.push({ address: formatAddress(accountOf(6)), balance: '0' });
  }),
  own(
    'genesis.supply-overflow',
    '/accounts',
    new RegExp(`sum to ${AMOUNT_MAX + 1n}`),
    (d) => {
      d.accounts[0].balance = (AMOUNT_MAX - 405_000_000n + 1n).toString();
      d.totalSupply = HUGE;
    },
    'genesis.supply-mismatch',
  ),
  own(
    'genesis.supply-mismatch',
    '/totalSupply',
    /stated as 412000001; the balances sum to 412000000/,
    (d) => {
      d.totalSupply = '412000001';
    },
  ),
  own('genesis.no-validators', '/validators', /nobody could make a block/, (d) => {
    d.validators = [];
  }),
  altered(
    'genesis.duplicate-operator',
    '/validators/1/operator',
    /stands at \/validators\/0 already/,
    (d) => {
      const [first, second] = d.validators;
      second.operator = first.operator;
      second.operatorKey = first.operatorKey;
      second.proofOfPossession = toHex(makeProofOfPossession(keyOf(1), operatorOf(0), d.chainId));
      second.signature = toHex(operatorKeyOf(0).sign(declarationDigest(d.chainId, second)));
    },
  ),
  own(
    'genesis.duplicate-consensus-key',
    '/validators/1/consensusKey',
    new RegExp(`"${toHex(keyOf(0).publicKey)}" stands at /validators/0 already`),
    (d) => {
      d.validators[1].consensusKey = d.validators[0].consensusKey;
      d.validators[1].proofOfPossession = toHex(makeProofOfPossession(keyOf(0), operatorOf(1), d.chainId));
    },
  ),
  own('genesis.duplicate-name', '/validators/1/identity/name', /"validator 0" stands at/, (d) => {
    d.validators[1].identity.name = 'VALIDATOR 0';
  }),
  own('genesis.duplicate-name', '/validators/2/identity/contact', /"ops@example.org" stands at/, (d) => {
    for (const i of [0, 2]) d.validators[i].identity.contact = 'ops@example.org';
  }),
  own(
    'genesis.duplicate-peer',
    '/validators/3/peer',
    /"\/ip4\/10.0.0.1\/tcp\/1" stands at \/validators\/1/,
    (d) => {
      for (const i of [1, 3]) d.validators[i].peer = '/ip4/10.0.0.1/tcp/1';
    },
  ),
  own(
    'genesis.key-type',
    '/validators/0/consensusKey/type',
    /"secp256k1"; consensus keys are ed25519/,
    (d) => {
      d.validators[0].consensusKey.type = 'secp256k1';
    },
  ),
  ...SMALL_ORDER_ENCODINGS.map((key) =>
    own('genesis.weak-key', '/validators/0/consensusKey/value', new RegExp(toHex(key)), (d) => {
      d.validators[0].consensusKey.value = toHex(key);
      // A valid ZIP-215 signature of a small-order key over anything.
      d.validators[0].proofOfPossession = toHex(concatBytes(key, new Uint8Array(32)));
    }),
  ),
  own('genesis.weak-key', '/validators/0/consensusKey/value', /the key 020000.* large order/, (d) => {
    d.validators[0].consensusKey.value = `02${'00'.repeat(31)}`;
  }),
  own(
    'genesis.possession',
    '/validators/1/proofOfPossession',
    /of the key \w{64} .*"test-1"; .*anew/,
    (d) => {
      d.validators[1].proofOfPossession = toHex(makeProofOfPossession(keyOf(1), operatorOf(1), 'test-2'));
    },
  ),
  own('genesis.possession', '/validators/1/proofOfPossession', /anew/, (d) => {
    d.validators[1].proofOfPossession = toHex(makeProofOfPossession(keyOf(1), operatorOf(2), 'test-1'));
  }),
  altered(
    'genesis.operator-key',
    '/validators/1/operatorKey/value',
    /key is that of bizra1\w+, not of bizra1/,
    (d) => {
      d.validators[1].operatorKey.value = toHex(operatorKeyOf(2).publicKey);
      d.validators[1].signature = toHex(operatorKeyOf(2).sign(declarationDigest(d.chainId, d.validators[1])));
    },
  ),
  own('genesis.key-type', '/validators/1/operatorKey/type', /"sr25519"; accounts have ed25519 or/, (d) => {
    d.validators[1].operatorKey.type = 'sr25519';
  }),
  own(
    'genesis.wrong-type',
    '/validators/1/operatorKey/value',
    /expected 66 hexadecimal digits, got 64/,
    (d) => {
      d.validators[1].operatorKey.type = 'secp256k1';
    },
  ),
  own('genesis.weak-key', '/validators/0/operatorKey/value', /anybody could sign/, (d) => {
    d.validators[0].operatorKey.value = `01${'00'.repeat(31)}`;
  }),
  ...(
    [
      ['stake', (v) => (v.stake = '99000000')],
      ['commission', (v) => (v.commission.rate = 999)],
      ['name', (v) => (v.identity.name = 'another')],
      ['peer', (v) => (v.peer = '/ip4/10.0.0.1/tcp/26656')],
      ['signature', (v) => (v.signature = `00${v.signature.slice(2)}`)],
    ] as readonly [string, (validator: Loose) => unknown][]
  ).map(([, change]) =>
    altered('genesis.declaration-signature', '/validators/2/signature', /signed another declaration/, (d) => {
      change(d.validators[2]);
    }),
  ),
  own('genesis.operator-missing', '/validators/0/operator', /^bizra1\w+ has no account/, (d) => {
    d.accounts.splice(2, 1);
    settleSupply(d);
  }),
  own(
    'genesis.stake-not-covered',
    '/validators/0/stake',
    /stake is 100000001; .*balance is 100000000/,
    (d) => {
      d.validators[0].stake = '100000001';
    },
  ),
  own(
    'genesis.stake-too-small',
    '/validators/0/stake',
    /stake is 100000000; minSelfStake is 100000001/,
    (d) => {
      d.ledger.minSelfStake = '100000001';
    },
  ),
  own('genesis.stake-too-small', '/validators/0/stake', /stake is 999999; one unit .* takes 1000000/, (d) => {
    d.validators[0].stake = '999999';
  }),
  own('genesis.power-overflow', '/ledger/powerReduction', /sums to 281474976710657; .*raise/, () => {
    const quarter = 2n ** 46n;
    const document = makeDocument([quarter, quarter, quarter, quarter + 1n]);
    document.ledger.powerReduction = '1';
    return document;
  }),
  own(
    'genesis.state',
    '/validators',
    /10001 validators are declared; .* at most 10000/,
    (d) => {
      d.validators = Array.from({ length: 10_001 }, () => ({}));
    },
    'genesis.missing-member',
  ),
  own('genesis.commission', '/validators/0/commission', /10001 is not from 0 to 10000/, (d) => {
    d.validators[0].commission.maxRate = 10_001;
  }),
  own('genesis.commission', '/validators/0/commission', /-1 is not from 0 to 10000/, (d) => {
    d.validators[0].commission.maxDailyChange = -1;
  }),
  own('genesis.commission', '/validators/0/commission', /rate 2001 is above the largest rate 2000/, (d) => {
    d.validators[0].commission.rate = 2_001;
  }),
  own('genesis.identity', '/validators/0/identity/name', /cannot be shown/, (d) => {
    d.validators[0].identity.name = 'a\u202eb';
  }),
  own('genesis.identity', '/validators/0/identity/website', /cannot be shown/, (d) => {
    d.validators[0].identity.website = 'a\nb';
  }),
  own(
    'genesis.parameter-range',
    '/staking/signedBlocksWindow',
    /is 9; the safe range is 10 to 16384/,
    (d) => {
      d.staking = { signedBlocksWindow: '9' };
    },
  ),
  own(
    'genesis.parameter-range',
    '/staking/equivocationSlashBasisPoints',
    /the safe range is 0 to 9900/,
    (d) => {
      d.staking = { equivocationSlashBasisPoints: '10000' };
    },
  ),
  own('genesis.unknown-member', '/staking/rewards', /no member "rewards"/, (d) => {
    d.staking = { rewards: '1' };
  }),
  own('genesis.parameter-relation', '/staking/activationDelayBlocks', /lower it/, (d) => {
    d.staking = { activationDelayBlocks: d.ledger.epochBlocks };
  }),
  own('genesis.text-length', '/accounts/0/label', /takes 129 bytes; at most 128/, (d) => {
    d.accounts[0].label = 'a'.repeat(129);
  }),
  own('genesis.text-length', '/ledger/denomination/symbol', /takes 18 bytes; at most 16/, (d) => {
    d.ledger.denomination.symbol = '€'.repeat(6);
  }),
  own(
    'genesis.parameter-range',
    '/consensus/proposeTimeoutMs',
    /is 49; the safe range is 50 to 60000/,
    (d) => {
      d.consensus.proposeTimeoutMs = '49';
    },
  ),
  own('genesis.parameter-range', '/ledger/denomination/decimals', /decimals is 31; .* 0 to 30/, (d) => {
    d.ledger.denomination.decimals = 31;
  }),
  own(
    'genesis.parameter-relation',
    '/ledger/maxBlockGas',
    /10000 transactions .* 15000000 gas; .* 14999999/,
    (d) => {
      d.ledger.maxBlockGas = '14999999';
    },
  ),
  own('genesis.parameter-relation', '/ledger/maxBlockBytes', /2000000 bytes; a block has 1999999/, (d) => {
    d.ledger.maxBlockBytes = '1999999';
  }),
  own(
    'genesis.parameter-relation',
    '/ledger/evidenceMaxAgeMs',
    /counts for 1814400001 ms, .* 1814400000/,
    (d) => {
      d.ledger.evidenceMaxAgeMs = '1814400001';
    },
  ),
  own('genesis.parameter-relation', '/ledger/epochBlocks', /604801 blocks can last 1814403000 ms/, (d) => {
    d.ledger.epochBlocks = '604801';
  }),
  own(
    'genesis.parameter-relation',
    '/ledger/unbondingPeriodMs',
    /5 epochs to leave when 2500 basis points .* 1814415000 ms; .* 1814400000 ms/,
    (d) => {
      d.ledger.epochBlocks = '120961';
    },
  ),
  own(
    'genesis.parameter-relation',
    '/ledger/unbondingPeriodMs',
    /10987 epochs to leave when 1 basis points/,
    (d) => {
      d.staking = { maxChurnBasisPoints: '1' };
    },
  ),
  own('genesis.parameter-relation', '/consensus/precisionMs', /differ by 10001 ms/, (d) => {
    d.consensus.precisionMs = '10001';
    d.consensus.messageDelayMs = '20000';
  }),
  own('genesis.parameter-relation', '/consensus/messageDelayMs', /499 is below precisionMs 500/, (d) => {
    d.consensus.messageDelayMs = '499';
  }),
  own('genesis.parameter-relation', '/consensus/emptyBlockIntervalMs', /every 5999 ms .* 60000 ms/, (d) => {
    d.consensus.proposeTimeoutMs = '60000';
    d.consensus.emptyBlockIntervalMs = '5999';
  }),
  own('genesis.too-many-validators', '/validators', /4 validators are declared; the set holds 3/, (d) => {
    d.ledger.maxValidators = '3';
  }),
  own(
    'genesis.fault-tolerance',
    '/validators',
    /3 validators tolerate no fault/,
    stakes(2n ** 40n, 2n ** 40n, 2n ** 40n),
  ),
  own(
    'genesis.can-halt',
    '/validators',
    /holds 33.3 % of the power/,
    stakes(...[2n, 2n, 1n, 1n].map((n) => n * 10n ** 9n)),
  ),
  own(
    'genesis.top-heavy',
    '/validators',
    /2 of 12 validators hold a third of the power; with equal stakes it would take 4/,
    stakes(...[3n, 3n, 1n, 1n, 1n, 1n, 1n, 1n, 1n, 1n, 1n, 1n].map((n) => n * 10n ** 9n)),
  ),
  own('genesis.wrong-type', '/source/format', /"besu"; known is cometbft/, (d) => {
    d.source = { format: 'besu', chainId: 'x', hash: '00'.repeat(32) };
  }),
  own('genesis.wrong-type', '/source/hash', /expected 64 hexadecimal digits/, (d) => {
    d.source = { format: 'cometbft', chainId: 'x', hash: '00' };
  }),
  own(
    'genesis.controls',
    '/validators',
    /holds 70.0 % of the power/,
    stakes(...[7n, 1n, 1n, 1n].map((n) => n * 10n ** 9n)),
  ),
  // Those without a seat in the set have no vote, however much they hold together.
  own('genesis.controls', '/validators', /holds 75.0 % of the power/, () => {
    const document = makeDocument([3n, 1n, 1n, 1n, 1n].map((n) => n * 10n ** 9n));
    document.ledger.maxValidators = '2';
    return document;
  }),
  own('genesis.single-validator', '/validators', /one validator decides alone/, stakes(10n ** 9n)),
  own('genesis.halting-coalition', '/validators', /2 of 4 validators .* 3 can decide/, () => undefined),
];

test('an unbonding period that power leaves within by the bound on churn is enough', async () => {
  const relations = async (epochBlocks: string, staking: Loose): Promise<readonly unknown[]> => {
    const document = makeDocument();
    document.ledger.epochBlocks = epochBlocks;
    document.staking = staking;
    return findingsOf(await judge(signAnew(document)), 'genesis.parameter-relation');
  };
  assert.deepEqual(await relations('120960', {}), []);
  assert.deepEqual(await relations('604800', { maxChurnBasisPoints: '10000' }), []);
});

test('every rule of the own format has a case, and every case a rule', () => {
  const covered = new Set(CASES.map(({ rule }) => rule));
  assert.deepEqual([...covered].toSorted(), Object.keys(OWN_RULES).toSorted());
});

for (const [i, { rule, document, path, says, along = [] }] of CASES.entries()) {
  test(`case ${i}: ${rule} at ${path || 'the top'}: ${says.source.slice(0, 60)}`, async () => {
    const report = await judge(document());
    const found = findingsOf(report, rule).filter((finding) => finding.path === path);
    assert.ok(found.length > 0, `not found in ${JSON.stringify(report.findings.slice(0, 10), undefined, 1)}`);
    assert.ok(
      found.some(({ message }) => says.test(message)),
      `messages: ${found.map(({ message }) => message).join('; ')}`,
    );
    for (const { severity, message } of found) {
      assert.equal(severity, RULES[rule].severity);
      assert.ok(message.length > 10);
    }
    assert.equal(report.valid, errorsOf(report).length === 0);
    assert.deepEqual(
      [...new Set(errorsOf(report))].filter((error) => error !== rule && !along.includes(error as RuleId)),
      [],
      'errors that nothing in the document calls for',
    );
  });
}

test('titles and advice of the rules are sentences for people', () => {
  for (const [id, { title, advice }] of Object.entries(RULES)) {
    assert.match(id, /^(json|genesis|ceremony|foreign)\.[a-z-]+$/);
    assert.ok(title.length > 10 && advice.length > 3 && /[.:!]$/.test(advice), id);
    assert.ok(utf8(title).length < 100, id);
  }
});

test('all faults come in one report, in the order of their places', async () => {
  const document = makeDocument();
  document.chainId = 'X';
  document.accounts[0].balance = '-1';
  document.accounts[1].address = 'nobody';
  document.validators[0].stake = '100000001';
  document.validators[3].commission.rate = 9_999;
  document.ledger.epochBlocks = '0';
  document.surplus = true;
  const report = await judge(document);
  assert.deepEqual(
    report.findings.filter(({ severity }) => severity === 'error').map(({ rule, path }) => `${rule} ${path}`),
    [
      'genesis.amount /accounts/0/balance',
      'genesis.address /accounts/1/address',
      'genesis.chain-id /chainId',
      'genesis.parameter-range /ledger/epochBlocks',
      'genesis.unknown-member /surplus',
      'genesis.stake-not-covered /validators/0/stake',
      'genesis.commission /validators/3/commission',
    ],
  );
  assert.equal(report.valid, false);
});

test('places in lists are in the order of numbers', async () => {
  const document = makeDocument();
  document.accounts.push(...Array.from({ length: 12 }, () => 7));
  const paths = findingsOf(await judge(document), 'genesis.wrong-type').map(({ path }) => path);
  assert.deepEqual(
    paths,
    Array.from({ length: 12 }, (_, i) => `/accounts/${6 + i}`),
  );
});
