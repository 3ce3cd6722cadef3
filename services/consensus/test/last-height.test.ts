import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger, toHex, type SignatureCheck } from '#kernel';
import { verifyCommit, voteDigest, type VoteBody } from '#services/block';
import { makeHeightContext } from '../driver/height-context.ts';
import { LastHeight } from '../driver/last-height.ts';
import type { ConsensusEvent } from '../face.ts';
import { Telemetry } from '../driver/telemetry.ts';
import type { SignedVote } from '../wire/messages.ts';
import { fakeChain } from './fake-chain.ts';
import { VirtualTime } from './virtual-time.ts';
import { GENESIS_HASH, PARAMETERS, testKey, verifier, World } from './world.ts';

const BODY = { kind: 'precommit', height: 1, round: 2, blockHash: new Uint8Array(32).fill(5) } as const;

function signed(validatorIndex: number, differs: Partial<VoteBody> = {}): SignedVote {
  const body = { ...BODY, ...differs };
  return { body, validatorIndex, signature: testKey(validatorIndex).sign(voteDigest(body, GENESIS_HASH)) };
}

/** Height 1 of four validators, which the precommits of the first three made final. */
function lastHeight() {
  const { set } = new World({ validators: 4 });
  const genesis = { hash: GENESIS_HASH, timeMs: 0 };
  const chain = fakeChain({ blocks: [] }, set, PARAMETERS, genesis, () => true);
  const context = makeHeightContext(chain.tip(), undefined, 0);
  const { height, round, blockHash } = BODY;
  const signatures = [0, 1, 2, 3].map((index) => (index < 3 ? signed(index).signature : undefined));
  const last = new LastHeight(context, { height, round, blockHash, signatures });
  const counts = { checks: 0, sent: 0 };
  const reports: string[] = [];
  const components = {
    genesisHash: GENESIS_HASH,
    telemetry: new Telemetry(new VirtualTime(), silentLogger),
    logger: silentLogger,
    verifier: {
      verify: (check: SignatureCheck) => {
        counts.checks++;
        return verifier.verify(check);
      },
    },
    transport: {
      broadcast: () => ++counts.sent,
      report: (peer: string, offence: string) => void reports.push(`${peer} ${offence}`),
    },
  };
  const events: ConsensusEvent[] = [];
  components.telemetry.onEvent((event) => events.push(event));
  return {
    last,
    set,
    counts,
    reports,
    take: (vote: SignedVote) => last.takeVote('peer', vote, components),
    say: (vote: SignedVote) => last.say(vote, components),
    events: () => events,
    dropped: () => components.telemetry.statistics().votesDropped,
  };
}

describe('the height that became final last (CONS-17, CONS-18)', () => {
  it('gives a commit that finalises the block, before and after a late precommit', () => {
    const { last, set, take } = lastHeight();
    const { height, blockHash } = BODY;
    const isValid = () =>
      verifyCommit(last.commit(), { set, height, blockHash, genesisHash: GENESIS_HASH, verifier }).ok;
    assert.equal(isValid(), true);
    assert.equal(last.commit().signatures[3], undefined);
    take(signed(3));
    assert.equal(isValid(), true);
    assert.deepEqual(last.commit().signatures[3], signed(3).signature);
    assert.equal(last.commit().round, BODY.round);
  });

  it('tells of each precommit that it keeps, once', () => {
    const { take, say, events } = lastHeight();
    for (const vote of [signed(2), signed(3, { round: 1 }), signed(3), signed(3)]) take(vote);
    say(signed(3));
    const { kind: vote, height, round } = BODY;
    const blockHash = toHex(BODY.blockHash);
    assert.deepEqual(events(), [{ kind: 'vote', height, round, vote, validatorIndex: 3, blockHash }]);
  });

  it('has the precommits of its round and block that were kept while it was in progress', () => {
    const { last } = lastHeight();
    last.book.addVote(signed(3, { round: 1 }), 0);
    last.book.addVote(signed(3, { kind: 'prevote' }), 0);
    last.book.addVote(signed(3, { blockHash: undefined }), 0);
    assert.equal(last.commit().signatures[3], undefined);
    last.book.addVote(signed(3), 0);
    assert.deepEqual(last.commit().signatures[3], signed(3).signature);
  });

  it('asks the set of its own height who may sign, not that of the next', () => {
    const { last, take, reports } = lastHeight();
    take(signed(4));
    assert.deepEqual(reports, ['peer invalid']);
    assert.equal(last.commit().signatures.length, 4);
    assert.equal(last.book.votesAt('precommit', BODY.round, 4).length, 0);
  });

  it('refuses a precommit under the key of another', () => {
    const { last, take, reports } = lastHeight();
    take({ ...signed(4), validatorIndex: 3 });
    assert.deepEqual(reports, ['peer invalid']);
    assert.equal(last.commit().signatures[3], undefined);
  });

  it('checks and keeps two votes of a validator at most, whatever it sends', () => {
    const { last, take, counts, dropped } = lastHeight();
    for (let round = 0; round < 50; round++) {
      for (let byte = 0; byte < 50; byte++) {
        take(signed(3, { round, blockHash: new Uint8Array(32).fill(byte) }));
        take(signed(2, { round, blockHash: new Uint8Array(32).fill(byte) }));
        take(signed(3, { kind: 'prevote' }));
      }
    }
    // Of each: that for another block, and of validator 3 the one that the commit lacked.
    assert.equal(counts.checks, 3);
    assert.equal(last.book.votesAt('precommit', BODY.round, 3).length, 1);
    assert.equal(last.book.votesAt('precommit', BODY.round, 2).length, 0);
    assert.equal(dropped(), 50 * 50 * 3 - 1);
    assert.equal(last.book.votesAt('prevote', BODY.round, 3).length, 0);
    assert.equal(last.book.equivocation(2)?.second.body.blockHash?.[0], 0);
    assert.equal(
      toHex(last.book.equivocation(3)?.first.signature ?? GENESIS_HASH),
      toHex(signed(3).signature),
    );
  });

  it('says an own precommit once, and only one that the commit lacks', () => {
    const { last, say, counts } = lastHeight();
    for (const vote of [signed(2), signed(3, { round: 1 }), signed(3, { blockHash: undefined })]) say(vote);
    assert.equal(counts.sent, 0);
    say(signed(3));
    say(signed(3));
    assert.equal(counts.sent, 1);
    assert.deepEqual(last.commit().signatures[3], signed(3).signature);
  });
});
