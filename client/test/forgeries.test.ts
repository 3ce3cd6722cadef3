import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { equalBytes, hash, type SignatureCheck } from '#kernel';
import { verifySignature } from '#runtime';
import { blockHash, type Commit, type Header } from '#services/block/portable';
import type { ValidatorSet } from '#services/validator';
import { makeLightBlock, stateOf, type LightValidator } from '../index.ts';
import { planOwnQuorum, planVerification } from '../domain/plan-verification.ts';
import { verifyLightBlock } from '../verification/verify-block.ts';
import { GeneratedChain, IDENTITY, members, setOf, sign } from './fixtures/generated-chain.ts';

/** Seven validators of unlike power; two leave and two join in the middle. */
const powers = [30, 20, 15, 12, 10, 8, 5];
const first = powers.map((power, key) => ({ key, power }));
const second = [...first.slice(2), { key: 20, power: 25 }, { key: 21, power: 5 }];
const chain = new GeneratedChain(30, [
  { from: 1, members: first },
  { from: 15, members: second },
]);
const TRUSTED_HEIGHT = 5;
const strangers = setOf(members(50, 4, 100));
const NOW_MS = chain.timeMs + 1_000;

const thirds = members(0, 3);
const RULES = {
  trustingPeriodMs: 1_000_000,
  clockDriftMs: 5_000,
  trustLevel: { numerator: 1, denominator: 3 },
};
const VERIFICATION = { identity: IDENTITY, rules: RULES, nowMs: NOW_MS };

interface Forgery {
  readonly header: Header;
  readonly commit: Commit;
  readonly validators: readonly LightValidator[];
}

/** Code of the refusal, or what was accepted. */
async function judge(forgery: Forgery, changes: { nowMs?: number; genesisHash?: Uint8Array } = {}) {
  const made = makeLightBlock(forgery, IDENTITY);
  if (!made.ok) return made.error.code;
  const verdict = await verifyLightBlock(
    {
      identity: { ...IDENTITY, genesisHash: changes.genesisHash ?? IDENTITY.genesisHash },
      rules: RULES,
      clock: { now: () => changes.nowMs ?? NOW_MS },
      verifier: { verifyBatch: async (checks: readonly SignatureCheck[]) => checks.map(verifySignature) },
    },
    stateOf(chain.blockAt(TRUSTED_HEIGHT)),
    made.value,
  );
  return verdict.ok ? verdict.value : verdict.error.code;
}

const honest = (height: number): Forgery => {
  const { header, commit, validators } = chain.blockAt(height);
  return { header, commit, validators: validators.validators };
};

/** The forgery of a header that its maker had some validators sign. */
function resigned(
  height: number,
  changes: Partial<Header>,
  signs: (place: number) => boolean,
  set: ValidatorSet = chain.setAt(height),
): Forgery {
  const header = { ...chain.headerAt(height), validatorSetHash: set.hash, ...changes };
  const commit = sign(set, { height: header.height, blockHash: blockHash(header) }, signs);
  return { header, commit, validators: set.validators };
}

const OTHER_HASH = hash('genesis', Uint8Array.of(99));
const ALTERATIONS: readonly Partial<Header>[] = [
  { version: 2 },
  { chainId: 'generated-2' },
  { height: 13 },
  { timeMs: chain.headerAt(12).timeMs + 1 },
  { parentHash: OTHER_HASH },
  { proposer: new Uint8Array(20) },
  { transactionRoot: OTHER_HASH },
  { evidenceRoot: OTHER_HASH },
  { stateRoot: OTHER_HASH },
  { receiptRoot: OTHER_HASH },
  { commitHash: OTHER_HASH },
  { validatorSetHash: OTHER_HASH },
  { nextValidatorSetHash: OTHER_HASH },
];

describe('headers as they are', () => {
  it('are verified, next to the trusted one and further away', async () => {
    for (const height of [6, 7, 14, 15, 30]) assert.equal(await judge(honest(height)), 'verified');
  });
});

describe('forged headers', () => {
  it('LIGHT-1 with one member altered do not go with their commit', async () => {
    assert.equal(ALTERATIONS.length, Object.keys(chain.headerAt(12)).length, 'each member is altered');
    for (const height of [6, 12, 20]) {
      const { header, commit, validators } = honest(height);
      for (const changes of ALTERATIONS) {
        const code = await judge({ header: { ...header, ...changes }, commit, validators });
        assert.match(code, /^light\./, JSON.stringify(changes));
        // A commit made out for the altered header still has the signatures of the other.
        const altered = { ...header, ...changes };
        const renamed = { ...commit, height: altered.height, blockHash: blockHash(altered) };
        assert.match(await judge({ header: altered, commit: renamed, validators }), /^light\./);
      }
    }
  });

  it('LIGHT-7 with signatures of two thirds or less of their validators are refused', async () => {
    // 30 + 20 + 15 = 65 of 100 at height 12.
    const code = await judge(resigned(12, { stateRoot: OTHER_HASH }, (place) => place < 3));
    assert.equal(code, 'light.invalid-commit');
    const { header } = honest(12);
    const commit = sign(setOf(thirds), { height: 12, blockHash: blockHash(header) }, (place) => place < 2);
    const set = setOf(thirds);
    const block = { hash: blockHash(header), header, commit, validators: set };
    const exact = planOwnQuorum(block, VERIFICATION);
    assert.ok(!exact.ok && exact.error.code === 'light.invalid-commit', 'exactly two thirds');
  });

  it('LIGHT-6 of other validators are refused, also with a third of the trusted power among them', async () => {
    assert.equal(await judge(resigned(12, {}, () => true, strangers)), 'not-enough-trust');
    // 10 + 8 + 15 = 33 of 100, with as many strangers as it takes.
    const mixed = setOf([
      ...members(50, 4, 100),
      ...first.filter(({ power }) => [10, 8, 15].includes(power)),
    ]);
    assert.equal(await judge(resigned(12, {}, () => true, mixed)), 'not-enough-trust');
    const set = setOf([...members(50, 4, 100), ...thirds.slice(0, 1)]);
    const { header } = chain.blockAt(12);
    const commit = sign(set, { height: 12, blockHash: blockHash(header) });
    const trusted = { ...stateOf(chain.blockAt(TRUSTED_HEIGHT)), validators: setOf(thirds) };
    const exact = planVerification(
      trusted,
      { hash: blockHash(header), header, commit, validators: set },
      VERIFICATION,
    );
    assert.ok(exact.ok && exact.value.kind === 'not-enough-trust', 'exactly a third');
  });

  it('LIGHT-5 next to the trusted one name its set and itself', async () => {
    assert.equal(await judge(resigned(6, {}, () => true, strangers)), 'light.wrong-validator-set');
    assert.equal(await judge(resigned(6, { parentHash: OTHER_HASH }, () => true)), 'light.wrong-parent');
  });

  it('LIGHT-1 of another set, chain or version than they name are refused', async () => {
    const { header, commit } = honest(12);
    const others = chain.setAt(20).validators;
    assert.equal(await judge({ header, commit, validators: others }), 'light.wrong-validator-set');
    assert.equal(await judge({ header, commit, validators: [] }), 'light.wrong-validator-set');
    const twice = [...chain.setAt(12).validators, ...chain.setAt(12).validators];
    assert.equal(await judge({ header, commit, validators: twice }), 'light.wrong-validator-set');
    const raised = chain.setAt(12).validators.map(({ publicKey }) => ({ publicKey, power: 10 }));
    assert.equal(await judge({ header, commit, validators: raised }), 'light.wrong-validator-set');
    assert.equal(await judge(resigned(12, { chainId: 'other-1' }, () => true)), 'light.wrong-chain');
    assert.equal(await judge(resigned(12, { version: 2 }, () => true)), 'light.wrong-chain');
  });

  it('LIGHT-8 signed under another genesis are refused', async () => {
    assert.equal(await judge(honest(12), { genesisHash: OTHER_HASH }), 'light.invalid-commit');
  });

  it('LIGHT-4 from before the trusted one, or with a time before it, are refused', async () => {
    for (const height of [3, 5]) assert.equal(await judge(honest(height)), 'light.wrong-order');
    const { timeMs } = chain.headerAt(TRUSTED_HEIGHT);
    assert.equal(await judge(resigned(12, { timeMs }, () => true)), 'light.wrong-order');
  });

  it('LIGHT-2 LIGHT-3 that come too late or too early are refused', async () => {
    const { timeMs } = chain.headerAt(TRUSTED_HEIGHT);
    assert.equal(await judge(honest(12), { nowMs: timeMs + 1_000_000 }), 'light.trust-expired');
    assert.equal(await judge(honest(12), { nowMs: timeMs + 999_999 }), 'verified');
    assert.equal(await judge(honest(30), { nowMs: chain.timeMs - 5_000 }), 'light.from-the-future');
    assert.equal(await judge(honest(30), { nowMs: chain.timeMs - 4_999 }), 'verified');
  });

  it('LIGHT-1 LIGHT-8 with a commit of another height, round or shape, or a signature twice, are refused', async () => {
    const { header, commit, validators } = honest(12);
    const [leading] = commit.signatures;
    for (const wrong of [
      chain.blockAt(11).commit,
      { ...commit, height: 11 },
      { ...commit, round: 1 },
      { ...commit, round: -1 },
      { ...commit, round: 2 ** 40 },
      { ...commit, blockHash: OTHER_HASH },
      { ...commit, signatures: commit.signatures.slice(1) },
      { ...commit, signatures: [...commit.signatures, leading] },
      { ...commit, signatures: commit.signatures.map(() => leading) },
      { ...commit, signatures: commit.signatures.toReversed() },
      { ...commit, signatures: commit.signatures.map(() => undefined) },
      { ...commit, signatures: [] },
    ]) {
      assert.equal(await judge({ header, commit: wrong, validators }), 'light.invalid-commit');
    }
  });

  it('LIGHT-1 to LIGHT-8: what is accepted is the header of the chain, whoever up to a third signs and whatever is altered', async () => {
    const height = fc.integer({ min: TRUSTED_HEIGHT + 1, max: 30 });
    // Byzantine: 20 + 12 of 100 in the first set, and less than a third of the second.
    const byzantine = new Set([1, 3]);
    const alteration = fc.record(
      {
        at: height,
        change: fc.constantFrom(...ALTERATIONS, {}),
        second: fc.constantFrom(...ALTERATIONS, {}),
        signers: fc.constantFrom('byzantine', 'strangers', 'byzantine and strangers', 'none again'),
        swap: fc.option(fc.tuple(fc.nat(6), fc.nat(6)), { nil: undefined }),
        flip: fc.option(fc.nat(63), { nil: undefined }),
        round: fc.constantFrom(0, 1),
      },
      { noNullPrototype: true },
    );
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(alteration, async ({ at, change, second, signers, swap, flip, round }) => {
        const own = chain.setAt(at);
        const liars = first.filter(({ key }) => byzantine.has(key));
        const set =
          signers === 'strangers'
            ? strangers
            : signers === 'byzantine and strangers'
              ? setOf([...members(50, 4, 100), ...liars])
              : own;
        const altered = { ...chain.headerAt(at), ...change, ...second };
        const header = set === own ? altered : { ...altered, validatorSetHash: set.hash };
        const hashed = blockHash(header);
        const target = { height: header.height, round, blockHash: hashed };
        const lying = setOf(liars).validators.map(({ publicKey }) => publicKey);
        const fresh = sign(
          set,
          target,
          (place) =>
            set !== own ||
            lying.some((key) => equalBytes(key, (set.validators[place] as LightValidator).publicKey)),
        );
        // What the liars lack they fill with the signatures of the chain's own commit.
        const old = chain.blockAt(at).commit.signatures;
        const signatures =
          set === own
            ? fresh.signatures.map((signature, place) =>
                signers === 'byzantine' ? (signature ?? old[place]) : old[place],
              )
            : [...fresh.signatures];
        if (swap !== undefined && swap[0] < signatures.length && swap[1] < signatures.length) {
          signatures[swap[0]] = signatures[swap[1]];
        }
        const [leading] = signatures;
        if (flip !== undefined && leading !== undefined) {
          signatures[0] = leading.map((byte, index) => (index === flip ? byte ^ 1 : byte));
        }
        const verdict = await judge({
          header,
          commit: { ...target, signatures },
          validators: set.validators,
        });
        if (verdict === 'verified') assert.deepEqual(hashed, chain.blockAt(at).hash);
        else refused += 1;
      }),
      { numRuns: 600 },
    );
    assert.ok(refused > 450, `${refused} of 600 forgeries were refused`);
  });
});
