import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { formatAddress } from '#kernel';
import type { BlockEvent, ReceiptEvent } from '#services/blockchain';
import { ALICE, BOB, FakeNode, makeTransaction } from './fakes.ts';
import { StreamHarness, type Message } from './stream-harness.ts';

const harness = new StreamHarness();
let node: FakeNode;
beforeEach(async () => {
  node = new FakeNode();
  await harness.start(node, { closeMs: 300 });
});
afterEach(() => harness.stop());

const alice = formatAddress(ALICE);
const bob = formatAddress(BOB);

function eventOf(type: string, attributes: Record<string, string>): ReceiptEvent {
  return { type, attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })) };
}

const before: BlockEvent = {
  ...eventOf('validator.slashed', { validator: bob, bonded: '5' }),
  when: 'before',
};
const after: BlockEvent = { ...eventOf('validator-set.rotated', { height: '3' }), when: 'after' };

/** A block with a fault, a bond of alice at bob's validator in the second transaction, and a new set. */
function finaliseOne(): void {
  const height = node.height + 1;
  node.ownEvents.set(height, [before, after]);
  node.receiptEvents.set(makeTransaction(height * 10 + 1).id, [
    eventOf('transfer', { amount: '5' }),
    eventOf('stake.bonded', { validator: bob, account: alice, amount: '9' }),
  ]);
  node.finalise(makeTransaction(height * 10), makeTransaction(height * 10 + 1));
}

const idsIn = (messages: readonly Message[]) => messages.map(({ data }) => data?.['id']);
const placesIn = (messages: readonly Message[]) => messages.map(({ topic, cursor }) => `${topic} ${cursor}`);

describe('events of validators', { timeout: 180_000 }, () => {
  it('come in the order in which they happened, behind the transactions of their block', async () => {
    const stream = await harness.open('?topics=blocks,transactions,validators');
    await stream.next();
    finaliseOne();
    const messages = await stream.take(6);
    assert.deepEqual(placesIn(messages), [
      'blocks 1.0',
      'transactions 1.1',
      'transactions 1.2',
      'validators 1.3',
      'validators 1.4',
      'validators 1.5',
    ]);
    const events = messages.slice(3);
    assert.deepEqual(idsIn(events), ['1.block.0', '1.1.1', '1.block.1']);
    assert.deepEqual(
      events.map(({ data }) => [data?.['type'], data?.['subject']]),
      [
        ['ValidatorSlashed', bob],
        ['StakeUpdated', bob],
        ['ValidatorSetRotated', undefined],
      ],
    );
  });

  it('resume from any cursor without a gap or a repetition, from memory and from the store alike', async () => {
    for (let height = 1; height <= 6; height++) finaliseOne();
    const topics = 'topics=validators,blocks,transactions';
    const whole = await harness.open(`?${topics}&cursor=0`);
    await whole.next();
    const all = await whole.take(36);
    assert.equal(new Set(placesIn(all)).size, 36);
    for (const [index, { cursor }] of all.entries()) {
      const stream = await harness.open(`?${topics}&cursor=${cursor}`);
      await stream.next();
      assert.deepEqual(await stream.take(all.length - index - 1), all.slice(index + 1), String(cursor));
      stream.socket.terminate();
    }
    const live = await harness.open(`?${topics}`);
    await live.next();
    finaliseOne();
    const fresh = await live.take(6);
    const replayed = await harness.open(`?${topics}&cursor=6`);
    await replayed.next();
    assert.deepEqual(await replayed.take(6), fresh);
  });

  it('can be had of one validator or account alone', async () => {
    const ofAlice = await harness.open();
    await ofAlice.ask({ subscribe: 'validators', account: alice });
    const ofBob = await harness.open(`?topics=validators&account=${bob}`);
    await ofBob.next();
    finaliseOne();
    finaliseOne();
    assert.deepEqual(idsIn(await ofAlice.take(2)), ['1.1.1', '2.1.1']);
    assert.deepEqual(idsIn(await ofBob.take(4)), ['1.block.0', '1.1.1', '2.block.0', '2.1.1']);
    const refused = await ofBob.ask({ subscribe: 'validators', hash: '0'.repeat(64) });
    assert.equal(refused.error?.code, 'gateway.filter-unsupported');
  });

  it('a name that is an address makes no event one of that address', async () => {
    const stream = await harness.open(`?topics=validators&account=${alice}`);
    await stream.next();
    node.ownEvents.set(1, [
      { ...eventOf('validator.registered', { validator: bob, name: alice }), when: 'after' },
      { ...eventOf('validator.unjailed', { validator: alice }), when: 'after' },
    ]);
    node.finalise();
    assert.deepEqual(idsIn(await stream.take(1)), ['1.block.1']);
  });
});
