import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { isCodedError, utf8 } from '#kernel';
import { approveGenesis, checkSeal, loadGenesis, makeSeal, readSeal, type Genesis } from '../../index.ts';
import { bytesOf, CLOCK, keyOf, makeDocument, signAnew, type Loose } from '../fixtures/documents.ts';
import { fileOf } from './ceremony.ts';

const STAKES = [30n, 30n, 20n, 10n, 10n].map((n) => n * 10n ** 9n);

async function genesisOf(change: (document: Loose) => void = () => {}): Promise<Genesis> {
  const document = makeDocument(STAKES);
  change(document);
  return loadGenesis(bytesOf(signAnew(document)), { clock: CLOCK });
}

let genesis: Genesis;
let other: Genesis;
before(async () => {
  genesis = await genesisOf();
  other = await genesisOf((document) => (document.consensus.proposeTimeoutMs = '1001'));
});

const approvals = (indices: readonly number[], of: Genesis = genesis) =>
  indices.map((index) => fileOf(`${index}.json`, approveGenesis(of, keyOf(index))));

test('a genesis is sealed when approvals hold more than two thirds of the stake, exactly', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(4), { maxLength: 5 }), async (indices) => {
      const { report, seal, findings } = makeSeal(genesis, approvals(indices));
      const stake = indices.reduce((sum, index) => sum + (STAKES[index] ?? 0n), 0n);
      assert.equal(report.sealed, stake * 3n > 200n * 10n ** 9n);
      assert.equal(report.approvedStake, stake.toString());
      assert.deepEqual(findings, []);
      assert.deepEqual(checkSeal(genesis, readSeal(bytesOf(seal))), report);
    }),
  );
});

test('two thirds to the unit are not enough', async () => {
  const third = 10n ** 9n;
  const even = await loadGenesis(bytesOf(makeDocument([third, third, third])), { clock: CLOCK });
  assert.equal(makeSeal(even, approvals([0, 1], even)).report.sealed, false);
  assert.equal(makeSeal(even, approvals([0, 1, 2], even)).report.sealed, true);
});

test('each approval that does not count is named with its reason', async () => {
  const bent = (change: (approval: Loose) => void): Loose => {
    const approval = structuredClone(approveGenesis(genesis, keyOf(1))) as Loose;
    change(approval);
    return approval;
  };
  const cases: readonly (readonly [Loose, string, RegExp])[] = [
    [
      approveGenesis(other, keyOf(1)),
      'ceremony.other-hash',
      /^validator 1 approved the genesis \w{64}; this one is/,
    ],
    [
      bent((a) => (a.signature = `${a.signature.slice(0, -2)}00`)),
      'ceremony.approval-signature',
      /not of the validator’s/,
    ],
    [
      bent((a) => (a.operator = 'bizra1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqgdwcmr')),
      'ceremony.file-kind',
      /no approval/,
    ],
    [bent((a) => (a.chainId = 'test-2')), 'ceremony.chain', /for "test-2"; the genesis is of "test-1"/],
    [bent((a) => (a.kind = 'bizra-seal')), 'ceremony.file-kind', /no approval/],
    [bent((a) => delete a.signature), 'ceremony.file-kind', /no approval/],
    [approveGenesis(genesis, keyOf(0)), 'ceremony.approved-twice', /in another file too/],
    [utf8('[1,'), 'json.syntax', /not JSON/],
    [null, 'ceremony.file-kind', /no approval/],
  ];
  for (const [content, rule, says] of cases) {
    const { findings, report } = makeSeal(genesis, [...approvals([0]), fileOf('it.json', content)]);
    assert.deepEqual(
      findings.map((finding) => [finding.file, finding.rule]),
      [['it.json', rule]],
    );
    assert.match(findings[0]?.message ?? '', says);
    assert.equal(report.approvedStake, STAKES[0]?.toString());
  }
});

test('who is no validator of the genesis cannot approve it, nor count in a seal', async () => {
  assert.throws(
    () => approveGenesis(genesis, keyOf(77)),
    (error) => isCodedError(error) && error.code === 'genesis.not-a-validator',
  );
  const wider = await loadGenesis(bytesOf(makeDocument([...STAKES, 10n ** 9n])), { clock: CLOCK });
  const stranger = {
    ...approveGenesis(wider, keyOf(5)),
    genesisHash: makeSeal(genesis, []).seal.genesisHash,
  };
  const { findings } = makeSeal(genesis, [fileOf('stranger.json', stranger)]);
  assert.deepEqual(
    findings.map(({ rule }) => rule),
    ['ceremony.unknown-validator'],
  );
});

test('a seal of another genesis, with an approval twice or forged, holds nothing', () => {
  const { seal } = makeSeal(genesis, approvals([0, 1, 2]));
  assert.equal(checkSeal(genesis, seal).sealed, true);
  assert.equal(checkSeal(other, seal).approvedStake, '0');
  assert.equal(checkSeal(genesis, { ...seal, chainId: 'test-2' }).approvedStake, '0');
  assert.equal(checkSeal(other, makeSeal(genesis, approvals([0, 1, 2])).seal).sealed, false);
  const [first] = seal.approvals;
  assert.ok(first !== undefined);
  const twice = checkSeal(genesis, { ...seal, approvals: [first, first, first] });
  assert.deepEqual(
    twice.approvals.map(({ valid }) => valid),
    [true, false, false],
  );
  assert.equal(twice.sealed, false);
  // The hash is what is signed: to write another one into the seal does not move the signatures.
  const moved = { ...seal, genesisHash: makeSeal(other, []).seal.genesisHash };
  assert.equal(checkSeal(other, moved).approvedStake, '0');
});

test('what is no seal is refused by name', () => {
  const { seal } = makeSeal(genesis, approvals([0]));
  const cases: readonly (readonly [Loose, RegExp])[] = [
    [{ ...seal, kind: 'bizra-approval' }, /"kind"/],
    [{ ...seal, version: 2 }, /"version"/],
    [{ ...seal, genesisHash: 'ABC' }, /"genesisHash"/],
    [{ ...seal, approvals: {} }, /"approvals"/],
    [{ ...seal, approvals: [null] }, /"approvals\/0\/operator"/],
    [{ ...seal, approvals: [{ ...seal.approvals[0], signature: 'zz' }] }, /"approvals\/0\/signature"/],
    [null, /"kind"/],
  ];
  for (const [value, says] of cases) {
    assert.throws(
      () => readSeal(bytesOf(value)),
      (error) => isCodedError(error) && error.code === 'genesis.seal-malformed' && says.test(error.message),
    );
  }
  assert.throws(() => readSeal(utf8('{"kind":1,"kind":2}')), /stands twice/);
});
