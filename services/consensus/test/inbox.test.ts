import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EarlyMessages } from '../driver/early-messages.ts';
import { Inbox } from '../driver/inbox.ts';
import { EARLY_MESSAGES_MAX, EARLY_MESSAGES_PER_PEER_MAX } from '../limits.ts';

const vote = (peer: string) =>
  ({
    kind: 'vote',
    peer,
    vote: {
      body: { kind: 'prevote', height: 1, round: 0, blockHash: undefined },
      validatorIndex: 0,
      signature: new Uint8Array(64),
    },
  }) as const;

describe('inbox', () => {
  it('gives own items first, then votes, then proposals, each in order', () => {
    const inbox = new Inbox<string, string, string>(10, 10);
    inbox.pushProposal('p1');
    inbox.pushVote('v1');
    inbox.pushVote('v2');
    inbox.pushOwn('o1');
    assert.deepEqual(inbox.take(8), { own: ['o1'], votes: ['v1', 'v2'], proposals: ['p1'] });
    assert.equal(inbox.length, 0);
  });

  it('refuses beyond its bounds, never own items', () => {
    const inbox = new Inbox<number, number, number>(2, 1);
    assert.deepEqual(
      [1, 2, 3].map((item) => inbox.pushVote(item)),
      [true, true, false],
    );
    assert.deepEqual(
      [1, 2].map((item) => inbox.pushProposal(item)),
      [true, false],
    );
    for (let item = 0; item < 100; item++) inbox.pushOwn(item);
    assert.equal(inbox.length, 103);
  });

  it('lets proposals through a flood of votes', () => {
    const inbox = new Inbox<string, number, string>(1_000, 10);
    for (let item = 0; item < 1_000; item++) inbox.pushVote(item);
    inbox.pushProposal('p1');
    const { votes, proposals } = inbox.take(16);
    assert.deepEqual([votes.length, proposals], [15, ['p1']]);
  });

  it('wakes who waits when something arrives', async () => {
    const inbox = new Inbox<string, string, string>(10, 10);
    const arrival = inbox.arrival();
    inbox.pushVote('v1');
    await arrival;
    assert.equal(inbox.length, 1);
  });
});

describe('early messages', () => {
  it('are bounded for each peer and in all', () => {
    const early = new EarlyMessages();
    let kept = 0;
    for (let peer = 0; peer < 20; peer++) {
      let ofPeer = 0;
      for (let count = 0; count < EARLY_MESSAGES_PER_PEER_MAX + 5; count++) {
        if (early.keep(vote(`p${peer}`))) ofPeer += 1;
      }
      assert.ok(ofPeer <= EARLY_MESSAGES_PER_PEER_MAX);
      kept += ofPeer;
    }
    assert.equal(kept, EARLY_MESSAGES_MAX);
    assert.equal(early.takeAll().length, EARLY_MESSAGES_MAX);
    assert.equal(early.takeAll().length, 0);
  });
});
