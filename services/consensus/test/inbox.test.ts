import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EarlyMessages } from '../driver/early-messages.ts';
import { Inbox } from '../driver/inbox.ts';
import {
  EARLY_BYTES_MAX,
  EARLY_BYTES_PER_PEER_MAX,
  EARLY_MESSAGES_MAX,
  EARLY_MESSAGES_PER_PEER_MAX,
  MESSAGE_BYTES_MAX,
  PROPOSAL_QUEUE_BYTES_MAX,
} from '../limits.ts';

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

const proposal = (peer: string, bytes: number) =>
  ({
    kind: 'proposal',
    peer,
    proposal: {
      body: { height: 1, round: 0, polRound: -1, blockHash: new Uint8Array(32) },
      proposerIndex: 0,
      signature: new Uint8Array(64),
      header: new Uint8Array(0),
      lastCommit: new Uint8Array(0),
      transactionIds: [],
      evidence: [],
    },
    receivedAtMs: 0,
    bytes,
  }) as const;

const named = (name: string, bytes = 1) => ({ name, bytes });

describe('inbox', () => {
  it('gives own items first, then votes, then proposals, each in order', () => {
    const inbox = new Inbox<string, string, { name: string; bytes: number }>(10, 10, 10);
    inbox.pushProposal(named('p1'));
    inbox.pushVote('v1');
    inbox.pushVote('v2');
    inbox.pushOwn('o1');
    assert.deepEqual(inbox.take(8), { own: ['o1'], votes: ['v1', 'v2'], proposals: [named('p1')] });
    assert.equal(inbox.length, 0);
  });

  it('refuses beyond its bounds, never own items', () => {
    const inbox = new Inbox<number, number, { bytes: number }>(2, 1, 10);
    assert.deepEqual(
      [1, 2, 3].map((item) => inbox.pushVote(item)),
      [true, true, false],
    );
    assert.deepEqual(
      [1, 2].map((bytes) => inbox.pushProposal({ bytes })),
      [true, false],
    );
    for (let item = 0; item < 100; item++) inbox.pushOwn(item);
    assert.equal(inbox.length, 103);
  });

  it('refuses proposals beyond their bytes, until some are taken', () => {
    const inbox = new Inbox<number, number, { bytes: number }>(10, 64, PROPOSAL_QUEUE_BYTES_MAX);
    const push = () => inbox.pushProposal({ bytes: MESSAGE_BYTES_MAX });
    const taken = Array.from({ length: 64 }, push).filter(Boolean).length;
    assert.equal(taken, Math.floor(PROPOSAL_QUEUE_BYTES_MAX / MESSAGE_BYTES_MAX));
    assert.equal(inbox.take(64).proposals.length, taken);
    assert.equal(inbox.bytes, 0);
    assert.equal(push(), true);
  });

  it('lets proposals through a flood of votes', () => {
    const inbox = new Inbox<string, number, { name: string; bytes: number }>(1_000, 10, 10);
    for (let item = 0; item < 1_000; item++) inbox.pushVote(item);
    inbox.pushProposal(named('p1'));
    const { votes, proposals } = inbox.take(16);
    assert.deepEqual([votes.length, proposals], [15, [named('p1')]]);
  });

  it('wakes who waits when something arrives', async () => {
    const inbox = new Inbox<string, string, { bytes: number }>(10, 10, 10);
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

  it('are bounded in bytes: a few of the largest proposals, and one at least of a peer', () => {
    const early = new EarlyMessages();
    let kept = 0;
    for (let peer = 0; peer < 20; peer++) {
      const ofPeer = Array.from({ length: EARLY_MESSAGES_PER_PEER_MAX }, () =>
        early.keep(proposal(`p${peer}`, MESSAGE_BYTES_MAX)),
      ).filter(Boolean).length;
      assert.ok(ofPeer * MESSAGE_BYTES_MAX <= EARLY_BYTES_PER_PEER_MAX);
      if (peer === 0) assert.equal(ofPeer, 1);
      kept += ofPeer;
    }
    assert.ok(kept * MESSAGE_BYTES_MAX <= EARLY_BYTES_MAX);
    // Votes have room still.
    assert.equal(early.keep(vote('p1')), true);
    early.takeAll();
    assert.equal(early.bytes, 0);
    assert.equal(early.keep(proposal('p0', MESSAGE_BYTES_MAX)), true);
  });
});
