import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openCoordinationEngine, type CoordinationEngine, type Lease } from '#engines/coordination';
import { ed25519Key, hash, toHex, utf8 } from '#kernel';
import { createFencedGuard, leaseNameOf } from '../signing/fenced-guard.ts';
import { leavesLock, lockAfter, type BlockSignRequest } from '../signing/lock-rule.ts';
import type { SignStep } from '../store/last-sign-guard.ts';
import { VirtualTime } from './virtual-time.ts';

const key = ed25519Key(new Uint8Array(32).fill(7));
const sign = (digest: Uint8Array) => key.sign(digest);

function request(height: number, round: number, step: SignStep, block: string | undefined): BlockSignRequest {
  const blockHash = block === undefined ? undefined : hash('derive-key', utf8(block));
  return {
    height,
    round,
    step,
    blockHash,
    digest: hash('derive-key', utf8(`${height} ${round} ${step} ${block}`)),
  };
}

async function leaseOf(engine: CoordinationEngine, holder: string): Promise<Lease> {
  const acquisition = await engine.acquire(leaseNameOf(key.publicKey), holder, 1_000);
  if (acquisition.kind !== 'granted') throw new Error('held');
  return acquisition.lease;
}

async function world() {
  const time = new VirtualTime();
  const engine = await openCoordinationEngine('memory:', time);
  // Two machines that know nothing of each other but the engine.
  const guards = [
    createFencedGuard(engine, key.publicKey),
    createFencedGuard(engine, key.publicKey),
  ] as const;
  return { time, engine, guards };
}

describe('fenced guard (CONS-12)', () => {
  it('keeps the rules of CONS-9 over two machines', async () => {
    const { time, engine, guards } = await world();
    const first = await leaseOf(engine, 'a');
    const signature = await guards[0].sign(request(5, 1, 'prevote', 'x'), first, sign);
    await time.run(1_000);
    const second = await leaseOf(engine, 'b');
    assert.equal(toHex(await guards[1].sign(request(5, 1, 'prevote', 'x'), second, sign)), toHex(signature));
    await assert.rejects(guards[1].sign(request(5, 1, 'prevote', 'y'), second, sign), {
      code: 'consensus.sign-conflict',
    });
    for (const back of [request(4, 9, 'precommit', 'x'), request(5, 1, 'proposal', 'x')]) {
      await assert.rejects(guards[1].sign(back, second, sign), { code: 'consensus.sign-regression' });
    }
    await guards[1].sign(request(5, 1, 'precommit', 'x'), second, sign);
  });

  it('lets nothing leave that was signed under a lease that ended, or before another machine wrote', async () => {
    const { time, engine, guards } = await world();
    const first = await leaseOf(engine, 'a');
    // The machine sleeps between its signature and the write of its record.
    let wake = (): void => {};
    const sleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const late = guards[0].sign(request(5, 0, 'prevote', 'x'), first, async (digest) => {
      await sleep;
      return key.sign(digest);
    });
    await time.run(1_000);
    const second = await leaseOf(engine, 'b');
    await guards[1].sign(request(5, 0, 'prevote', 'y'), second, sign);
    wake();
    await assert.rejects(late, { code: 'consensus.sign-fenced' });
    await assert.rejects(guards[0].sign(request(6, 0, 'prevote', 'x'), first, sign), {
      code: 'consensus.sign-fenced',
    });
  });

  it('refuses a record that cannot be read', async () => {
    const { engine, guards } = await world();
    const lease = await leaseOf(engine, 'a');
    await engine.put(`last-sign/${toHex(key.publicKey)}`, utf8('nonsense'), { lease, revision: 0 });
    await assert.rejects(guards[0].sign(request(5, 0, 'prevote', 'x'), lease, sign), {
      code: 'consensus.sign-record-corrupt',
    });
  });
});

describe('lock of a key (CONS-14)', () => {
  it('binds the prevotes of the next lease in the height to the block that was precommitted, or nil', async () => {
    const { time, engine, guards } = await world();
    const first = await leaseOf(engine, 'a');
    await guards[0].sign(request(5, 0, 'precommit', 'x'), first, sign);
    await time.run(1_000);
    const second = await leaseOf(engine, 'b');
    const locked = { code: 'consensus.sign-locked' };
    await assert.rejects(guards[1].sign(request(5, 1, 'prevote', 'y'), second, sign), locked);
    await guards[1].sign(request(5, 1, 'prevote', undefined), second, sign);
    await guards[1].sign(request(5, 2, 'prevote', 'x'), second, sign);
    await assert.rejects(guards[1].sign(request(5, 3, 'prevote', 'y'), second, sign), locked);
    // A precommit needs a quorum of prevotes, which this node has seen: from here on it knows the lock.
    await guards[1].sign(request(5, 3, 'precommit', 'y'), second, sign);
    await guards[1].sign(request(5, 4, 'prevote', 'z'), second, sign);
    await guards[1].sign(request(6, 0, 'prevote', 'z'), second, sign);
  });

  it('leaves the node that locked to its own rules, and forgets the lock with the height', () => {
    const last = { height: 5, lock: { token: 1, blockHash: hash('derive-key', utf8('x')) } };
    assert.equal(leavesLock(request(5, 1, 'prevote', 'y'), last, 1), false);
    assert.equal(leavesLock(request(5, 1, 'prevote', 'y'), last, 2), true);
    assert.equal(leavesLock(request(5, 1, 'proposal', 'y'), last, 2), false);
    assert.equal(leavesLock(request(6, 0, 'prevote', 'y'), last, 2), false);
    assert.equal(leavesLock(request(5, 0, 'prevote', 'y'), undefined, 2), false);
    assert.deepEqual(lockAfter(request(5, 1, 'precommit', undefined), last, 2), last.lock);
    assert.equal(lockAfter(request(6, 0, 'precommit', undefined), last, 2), undefined);
    assert.equal(lockAfter(request(5, 1, 'precommit', 'y'), last, 2)?.token, 2);
  });
});
