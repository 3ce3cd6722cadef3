import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isCodedError } from '#kernel';
import type { StakeRules, ValidatorFacts } from '../staking/facts.ts';
import {
  previewBond,
  previewCancelUnbond,
  previewRedelegate,
  previewUnbond,
  previewWithdraw,
} from '../staking/preview-stake.ts';
import {
  previewEdit,
  previewExit,
  previewRegister,
  previewRotateKey,
  previewUnjail,
} from '../staking/preview-validator.ts';
import { formatPreview, previewToJson, takesEffectAt, type Preview } from '../staking/preview.ts';

const rules: StakeRules = {
  height: 104,
  nextDecision: 110,
  epochBlocks: 10,
  activationDelayBlocks: 1,
  unbondingPeriodMs: 60_000,
  powerReduction: 100n,
  minSelfStake: 50n,
  minDelegation: 10n,
  totalPower: 40,
};
const standing = { rules, nowMs: 1_000_000 };
const alpha: ValidatorFacts = {
  operator: 'bizra1alpha',
  name: 'Alpha',
  status: 'active',
  isExiting: false,
  stake: 1_000n,
  selfStake: 600n,
  minSelfStake: 500n,
  power: 10,
  commission: { rate: 1_000, maxRate: 2_000, maxDailyChange: 100 },
  commissionDue: 7n,
  jailedUntilMs: 0,
};
const beta: ValidatorFacts = { ...alpha, operator: 'bizra1beta', name: 'Beta' };
const none = { amount: 0n, rewards: 0n, hopAfterMs: 0 };
const some = { amount: 200n, rewards: 3n, hopAfterMs: 0 };

function members(preview: Preview): Record<string, unknown> {
  return previewToJson(preview) as Record<string, unknown>;
}

function refuses(code: string, plan: () => Preview): void {
  assert.throws(plan, (error: unknown) => {
    assert.ok(isCodedError(error, 'cli.would-fail'));
    assert.equal(error.details['code'], code);
    assert.match(error.message, /^nothing was signed: /);
    return true;
  });
}

describe('the preview of stake', () => {
  it('of a bond shows stake, power and share before and after, and the height from which it counts', () => {
    const shown = members(previewBond(standing, alpha, some, 1_000n));
    assert.deepEqual(shown['delegation'], { before: 200n, after: 1_200n });
    assert.deepEqual(shown['stake'], { before: 1_000n, after: 2_000n });
    assert.deepEqual(shown['power'], { before: 10, after: 20 });
    assert.deepEqual(shown['share'], { before: 0.25, after: 0.4 });
    assert.equal(shown['takesEffectAtHeight'], 112);
  });

  it('of a release says when unbonding ends and that rewards are paid', () => {
    const shown = members(previewUnbond(standing, alpha, some, 200n));
    assert.equal(shown['unbondingEnds'], new Date(1_060_000).toISOString());
    assert.deepEqual(shown['delegation'], { before: 200n, after: 0n });
    assert.deepEqual(shown['power'], { before: 10, after: 8 });
    assert.equal(shown['rewards'], 3n);
  });

  it('of a move shows both validators, and until when it may not move on', () => {
    const own = { source: some, destination: none };
    const shown = members(previewRedelegate(standing, { source: alpha, destination: beta }, own, 100n));
    assert.deepEqual(shown['sourceStake'], { before: 1_000n, after: 900n });
    assert.deepEqual(shown['destinationStake'], { before: 1_000n, after: 1_100n });
    assert.equal(shown['answersForSourceUntil'], new Date(1_060_000).toISOString());
  });

  it('of a cancelled release shows what is left of the entry', () => {
    const entry = { validator: alpha.operator, endMs: 1_050_000, amount: 70n };
    const shown = members(previewCancelUnbond(standing, alpha, { own: none, entry }, 30n));
    assert.deepEqual(shown['entry'], { before: 70n, after: 40n });
    refuses('stake.more-than-unbonding', () =>
      previewCancelUnbond(standing, alpha, { own: none, entry }, 71n),
    );
  });

  it('of a withdrawal has the commission for the operator alone', () => {
    assert.equal(members(previewWithdraw(alpha, none, true))['commission'], 7n);
    assert.equal('commission' in members(previewWithdraw(alpha, some, false)), false);
    refuses('stake.no-rewards', () => previewWithdraw(alpha, none, false));
  });

  it('refuses what the ledger would, with its code', () => {
    const move = { source: alpha, destination: beta };
    refuses('stake.dust', () => previewBond(standing, alpha, none, 9n));
    refuses('stake.dust', () => previewUnbond(standing, alpha, some, 195n));
    refuses('stake.dust', () => previewUnbond(standing, alpha, some, 0n));
    refuses('stake.more-than-bonded', () => previewUnbond(standing, alpha, some, 201n));
    refuses('stake.no-delegation', () => previewUnbond(standing, alpha, none, 1n));
    refuses('validator.tombstoned', () =>
      previewBond(standing, { ...alpha, status: 'tombstoned' }, none, 10n),
    );
    refuses('validator.exiting', () => previewBond(standing, { ...alpha, isExiting: true }, none, 10n));
    refuses('stake.same-validator', () =>
      previewRedelegate(
        standing,
        { source: alpha, destination: alpha },
        { source: some, destination: some },
        1n,
      ),
    );
    const lately = { ...some, hopAfterMs: 1_000_001 };
    refuses('stake.hop', () =>
      previewRedelegate(standing, move, { source: lately, destination: none }, 100n),
    );
  });

  it('never shows a share outside of 0 to 1, nor power that stake does not give', () => {
    const amounts = fc.bigInt({ min: 10n, max: 10n ** 12n });
    fc.assert(
      fc.property(amounts, fc.nat(2 ** 40), (amount, others) => {
        const preview = previewBond(
          { ...standing, rules: { ...rules, totalPower: 10 + others } },
          alpha,
          none,
          amount,
        );
        const { share, power } = members(preview) as Record<string, { before: number; after: number }>;
        assert.ok(share !== undefined && power !== undefined);
        assert.ok(share.after >= 0 && share.after <= 1);
        assert.equal(BigInt(power.after), (1_000n + amount) / 100n);
      }),
    );
  });
});

describe('the height from which a change counts', () => {
  it('follows the first decision that can count it', () => {
    assert.equal(takesEffectAt(rules), 112);
    // The block of height 110 is the last of the epoch: what it holds counts in its decision.
    assert.equal(takesEffectAt({ ...rules, height: 109 }), 112);
    assert.equal(takesEffectAt({ ...rules, height: 110 }), 122);
    assert.equal(takesEffectAt({ ...rules, height: 109, activationDelayBlocks: 0 }), 111);
  });
});

describe('the preview of a validator', () => {
  const identity = { name: 'Erin', website: '', contact: 'ops', description: '', location: '' };
  const terms = { identity, commission: alpha.commission, minSelfStake: 50n, stake: 1_000n };

  it('of a registration shows identity, terms and the power that it would have', () => {
    const shown = members(previewRegister(standing, 'bizra1erin', terms));
    assert.deepEqual(shown['power'], { before: 0, after: 10 });
    assert.deepEqual(shown['share'], { before: 0, after: 0.2 });
    assert.equal(shown['contact'], 'ops');
    assert.equal('website' in shown, false);
    refuses('validator.self-stake-too-small', () =>
      previewRegister(standing, 'bizra1erin', { ...terms, minSelfStake: 1_001n }),
    );
    refuses('validator.self-stake-too-small', () =>
      previewRegister(standing, 'bizra1erin', { ...terms, minSelfStake: 49n }),
    );
  });

  it('of a registration without power says that it will not be chosen', () => {
    const shown = members(previewRegister(standing, 'bizra1erin', { ...terms, stake: 99n }));
    assert.equal(shown['takesEffectAtHeight'], null);
  });

  it('of an edit refuses jumps and lower minimums', () => {
    const edit = (change: object) => () => previewEdit(alpha, { type: 'validator.edit', ...change });
    assert.deepEqual(members(edit({ commissionRate: 950 })())['commissionRate'], {
      before: 1_000,
      after: 950,
    });
    refuses('validator.commission-jump', edit({ commissionRate: 1_101 }));
    refuses('validator.commission-range', edit({ commissionRate: 2_001 }));
    refuses('validator.self-stake-lowered', edit({ minSelfStake: 499n }));
    refuses('validator.self-stake-too-small', edit({ minSelfStake: 601n }));
  });

  it('of a release from jail says whether it is active at once', () => {
    const jailed: ValidatorFacts = { ...alpha, status: 'jailed', jailedUntilMs: 1_000_000 };
    const seated = members(previewUnjail(standing, jailed));
    assert.deepEqual(seated['status'], { before: 'jailed', after: 'active' });
    const unseated = members(previewUnjail(standing, { ...jailed, power: 0 }));
    assert.deepEqual(unseated['status'], { before: 'jailed', after: 'inactive' });
    refuses('validator.jail-not-over', () =>
      previewUnjail(standing, { ...jailed, jailedUntilMs: 1_000_001 }),
    );
    refuses('validator.not-jailed', () => previewUnjail(standing, alpha));
    refuses('validator.tombstoned', () => previewUnjail(standing, { ...alpha, status: 'tombstoned' }));
    refuses('validator.self-stake-too-small', () => previewUnjail(standing, { ...jailed, selfStake: 499n }));
  });

  it('of an exit shows what unbonds and when it ends', () => {
    const shown = members(previewExit(standing, alpha));
    assert.equal(shown['unbonds'], 600n);
    assert.equal(shown['unbondingEnds'], new Date(1_060_000).toISOString());
    refuses('validator.exiting', () => previewExit(standing, { ...alpha, isExiting: true }));
  });

  it('of another key refuses the one that it has', () => {
    assert.equal(
      members(previewRotateKey(standing, alpha, { before: 'a', after: 'b' }))['takesEffectAtHeight'],
      112,
    );
    refuses('validator.key-used', () => previewRotateKey(standing, alpha, { before: 'a', after: 'a' }));
  });

  it('is aligned lines for people', () => {
    const [title, ...lines] = formatPreview(previewExit(standing, alpha)).split('\n');
    assert.equal(title, 'take the validator Alpha (bizra1alpha) out for good');
    const column = (text: string): number => text.search(/(?<=\S\s{2,})\S/);
    assert.ok(lines.every((text) => text.startsWith('  ')));
    assert.ok(lines.length > 4 && column(lines[0] ?? '') > 0);
  });
});
