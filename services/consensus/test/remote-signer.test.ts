import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ed25519Key, referenceVerifier, silentLogger, toHex, type CodedError } from '#kernel';
import type { VoteBody } from '#services/block';
import { SIGNER_RETRY_MS_MAX, SIGNER_RETRY_MS_MIN } from '../limits.ts';
import { createRemoteSigner, type RemoteSigner } from '../signing/remote-signer.ts';
import { openSignerService } from '../signing/signer-service.ts';
import { seeded } from './core-network.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { fillableEngine, SIGNER, SignerLink } from './signer-link.ts';
import { VirtualTime } from './virtual-time.ts';

const key = ed25519Key(new Uint8Array(32).fill(7));
const genesisHash = new Uint8Array(32).fill(3);
const LEASE_MS = 3_000;

async function world() {
  const time = new VirtualTime();
  const random = seeded(1);
  const { engine, room } = await fillableEngine(time);
  const service = await openSignerService(
    { key, genesisHash, leaseMs: LEASE_MS },
    {
      engine,
      directory: new MemoryDirectory(),
      logger: silentLogger,
      onFatal: (error) => assert.fail(error.message),
    },
  );
  const node = (name: string, isFit = () => true, publicKey = key.publicKey) => {
    const link = new SignerLink(name, service, time);
    const signer = createRemoteSigner(
      { publicKey, genesisHash, signer: SIGNER, isFit },
      {
        transport: link,
        verifier: referenceVerifier,
        scheduler: time,
        random: { integer: random, bytes: (count) => new Uint8Array(count) },
        logger: silentLogger,
      },
    );
    signer.start();
    return { link, signer };
  };
  return { time, node, room };
}

function vote(height: number, changes: Partial<VoteBody> = {}): VoteBody {
  return { kind: 'prevote', height, round: 0, blockHash: new Uint8Array(32).fill(1), ...changes };
}

const stateOf = (signer: RemoteSigner) => signer.status().state;

/** The outcome of a promise under virtual time. */
async function settled(time: VirtualTime, promise: Promise<Uint8Array>, withinMs = 10_000): Promise<string> {
  let outcome: string | undefined;
  promise.then(
    (signature) => (outcome = toHex(signature).slice(0, 8)),
    (error: CodedError) => (outcome = error.code),
  );
  await time.runUntil(() => outcome !== undefined, withinMs);
  return outcome ?? 'nothing';
}

describe('remote signer (CONS-13, CONS-15)', () => {
  it('signs while it has the lease and renews it, and the other node stands by', async () => {
    const { time, node } = await world();
    const a = node('a');
    await time.run(100);
    const b = node('b');
    await time.run(5 * LEASE_MS);
    assert.deepEqual([stateOf(a.signer), stateOf(b.signer)], ['signing', 'standby']);
    assert.match(await settled(time, a.signer.signVote(vote(5))), /^[0-9a-f]{8}$/);
    const requests = b.link.requests;
    assert.equal(await settled(time, b.signer.signVote(vote(5))), 'consensus.signer-standby');
    // A standby does not ask for what it will not get.
    assert.equal(b.link.requests, requests);
  });

  it('takes over when the lease of a silent node ends, and tells who waits for it', async () => {
    const { time, node } = await world();
    const a = node('a');
    await time.run(100);
    const b = node('b');
    let ready = 0;
    b.signer.onReady(() => ready++);
    await time.run(LEASE_MS);
    a.link.isSilent = true;
    assert.ok(await time.runUntil(() => stateOf(b.signer) === 'signing', 2 * LEASE_MS + 2_000));
    assert.equal(ready, 1);
    assert.match(await settled(time, b.signer.signVote(vote(5))), /^[0-9a-f]{8}$/);
    a.link.isSilent = false;
    await time.run(5 * LEASE_MS);
    assert.deepEqual([stateOf(a.signer), stateOf(b.signer)], ['standby', 'signing']);
  });

  it('gives the lease back when it stops or is not fit, so that the other need not wait for its end', async () => {
    const { time, node } = await world();
    let isFit = true;
    const a = node('a', () => isFit);
    await time.run(100);
    const b = node('b');
    await time.run(LEASE_MS);
    isFit = false;
    assert.ok(await time.runUntil(() => stateOf(b.signer) === 'signing', 2 * LEASE_MS));
    assert.equal(stateOf(a.signer), 'standby');
    isFit = true;
    let isStopped = false;
    void b.signer.stop().then(() => (isStopped = true));
    assert.ok(await time.runUntil(() => isStopped && stateOf(a.signer) === 'signing', LEASE_MS));
  });

  it('gives back a lease that comes when it has stopped', async () => {
    const { time, node } = await world();
    const a = node('a');
    let ready = 0;
    a.signer.onReady(() => ready++);
    a.link.delayMs = 50;
    await time.run(10);
    let isStopped = false;
    void a.signer.stop().then(() => (isStopped = true));
    assert.ok(await time.runUntil(() => isStopped, 1_000));
    const b = node('b');
    assert.ok(await time.runUntil(() => stateOf(b.signer) === 'signing', 100));
    await time.run(2 * LEASE_MS);
    assert.deepEqual([ready, a.link.requests, stateOf(b.signer)], [0, 2, 'signing']);
  });

  it('answers at once with a code while the signer is away, and comes back by itself', async () => {
    const { time, node } = await world();
    const { link, signer } = node('a');
    await time.run(100);
    link.connect(false);
    assert.equal(stateOf(signer), 'unavailable');
    const requests = link.requests;
    assert.equal(await settled(time, signer.signVote(vote(5)), 1), 'consensus.signer-unavailable');
    assert.equal(link.requests, requests);
    await time.run(60_000);
    link.connect(true);
    assert.ok(await time.runUntil(() => stateOf(signer) === 'signing', 1_000));
    assert.match(await settled(time, signer.signVote(vote(5))), /^[0-9a-f]{8}$/);
  });

  it('gives a signature up that does not come in time, and waits for few at once', async () => {
    const { time, node } = await world();
    const { link, signer } = node('a');
    await time.run(100);
    link.isSilent = true;
    const asked = Array.from({ length: 10 }, (_, index) =>
      settled(time, signer.signVote(vote(index + 1)), 1_500),
    );
    assert.deepEqual(new Set(await Promise.all(asked)), new Set(['consensus.signer-unavailable']));
    assert.equal(link.requests <= 1 + 1 + 2, true, `${link.requests} requests`);
  });

  it('asks in the order in which consensus made the votes', async () => {
    const { time, node } = await world();
    const { link, signer } = node('a');
    await time.run(100);
    link.delayMs = 50;
    const prevote = signer.signVote(vote(5));
    link.delayMs = 1;
    const precommit = signer.signVote(vote(5, { kind: 'precommit' }));
    await time.run(1_000);
    assert.equal((await Promise.all([prevote, precommit])).length, 2);
  });

  it('lets no refusal of the guard end the lease', async () => {
    const { time, node } = await world();
    const { signer } = node('a');
    await time.run(100);
    await settled(time, signer.signVote(vote(5)));
    assert.equal(
      await settled(time, signer.signVote(vote(5, { blockHash: undefined }))),
      'consensus.sign-conflict',
    );
    assert.equal(await settled(time, signer.signVote(vote(4))), 'consensus.sign-regression');
    assert.equal(stateOf(signer), 'signing');
  });

  it('has votes asked for again that failed under the lease, ever more seldom, until one is signed', async () => {
    const { time, node, room } = await world();
    const { signer, link } = node('a');
    await time.run(100);
    const startMs = time.now();
    const [calls, outcomes]: [number[], string[]] = [[], []];
    const askFor = (...votes: VoteBody[]) => {
      for (const body of votes)
        signer.signVote(body).then(
          () => outcomes.push('signed'),
          ({ code }: CodedError) => outcomes.push(code),
        );
    };
    const precommit = vote(5, { kind: 'precommit' });
    signer.onReady(() => {
      calls.push(time.now() - startMs);
      askFor(vote(5), precommit);
    });
    room.isFull = true;
    askFor(vote(5), precommit);
    await time.run(30_000);
    assert.equal(stateOf(signer), 'signing');
    assert.ok(
      (calls[0] ?? 0) >= SIGNER_RETRY_MS_MIN && (calls[0] ?? 0) < 2 * SIGNER_RETRY_MS_MIN,
      calls.join(' '),
    );
    // Two votes that fail are one pause.
    assert.ok(calls.length > 10 && calls.length <= 5 + 30_000 / SIGNER_RETRY_MS_MAX, calls.join(' '));
    assert.deepEqual(new Set(outcomes.splice(0)), new Set(['consensus.signer-failed']));
    room.isFull = false;
    await time.run(2 * SIGNER_RETRY_MS_MAX);
    assert.deepEqual(outcomes.splice(0), ['signed', 'signed']);
    const { length } = calls;
    // What the guard refuses is refused for good.
    askFor(vote(4), vote(5, { blockHash: undefined }));
    await time.run(30_000);
    assert.deepEqual(outcomes, ['consensus.sign-regression', 'consensus.sign-regression']);
    assert.equal(calls.length, length);
    room.isFull = true;
    askFor(vote(6));
    await time.run(SIGNER_RETRY_MS_MIN / 2);
    void signer.stop();
    await time.run(SIGNER_RETRY_MS_MAX);
    const { requests } = link;
    await time.run(30_000);
    assert.deepEqual([calls.length, link.requests], [length, requests]);
  });

  it('has votes asked for again that were too many at once', async () => {
    const { time, node } = await world();
    const { signer } = node('a');
    await time.run(100);
    let calls = 0;
    signer.onReady(() => calls++);
    const asked = Array.from({ length: 10 }, (_, index) => settled(time, signer.signVote(vote(index + 1))));
    assert.ok((await Promise.all(asked)).includes('consensus.signer-unavailable'));
    await time.run(2 * SIGNER_RETRY_MS_MIN);
    assert.deepEqual([calls, stateOf(signer)], [1, 'signing']);
  });

  it('takes no signature of another key, and no answer that it cannot read', async () => {
    const { time, node } = await world();
    const other = node('a', () => true, ed25519Key(new Uint8Array(32).fill(8)).publicKey);
    await time.run(100);
    assert.equal(await settled(time, other.signer.signVote(vote(5))), 'consensus.signer-failed');
    for (const garbage of [new Uint8Array(0), new Uint8Array(1_024).fill(255)]) {
      other.link.answerWith = garbage;
      await time.run(2 * LEASE_MS);
      assert.equal(stateOf(other.signer), 'unavailable');
      other.link.answerWith = undefined;
      assert.ok(await time.runUntil(() => stateOf(other.signer) === 'signing', 5_000));
    }
  });
});
