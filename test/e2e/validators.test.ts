import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DoubleVoter } from '../harness/double-voter.ts';
import { Guide } from '../harness/guide.ts';
import { QUICK, STAKE, StakeNetwork } from '../harness/stake-network.ts';
import { until } from '../harness/until.ts';

interface Validator {
  readonly operator: string;
  readonly publicKey: string;
  readonly status: string;
  readonly power: number;
  readonly stake: string;
  readonly jailedUntil: string | null;
}
interface Outcome {
  readonly preview: {
    readonly takesEffectAtHeight: number;
    readonly unbondingEnds: string;
    readonly fee: { readonly amount: string };
    readonly power: { readonly before: number; readonly after: number };
  };
  readonly status?: string;
  readonly height: number;
  readonly fee: string;
}
interface Tally {
  readonly votes: number;
  readonly missed: number;
}
interface DomainEvent {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly data: { readonly block: number; readonly [name: string]: unknown };
}

/** Everything takes an epoch or a period of seconds. */
const PATIENT = { everyMs: 200 };

describe('validators of a network that runs', () => {
  let stake: StakeNetwork;
  let guide: Guide;
  let socket: WebSocket;
  const events: DomainEvent[] = [];
  before(async () => {
    stake = await StakeNetwork.create();
    await stake.startNewcomer();
    guide = await Guide.open('docs/guides/validators.md', {
      cwd: join(stake.newcomer.home, '..'),
      environment: { NODE0_URL: stake.network.url },
    });
    socket = new WebSocket(`${stake.network.url.replace('http', 'ws')}/api/v2/stream`);
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as { topic?: string; data?: DomainEvent };
      if (message.topic === 'validators' && message.data?.type !== undefined) events.push(message.data);
    });
    socket.addEventListener('open', () => socket.send(JSON.stringify({ subscribe: 'validators' })));
    await until('the stream is open', async () => socket.readyState === WebSocket.OPEN);
  });
  after(async () => {
    socket?.close();
    await stake?.destroy();
  });

  const newcomer = (): Promise<Validator> =>
    stake.network.get<Validator>(`/validators/${stake.newcomer.operator}`);
  /** Waits until the stream has told that something happened to the validator of an operator. */
  const told = (type: string, operator: string): Promise<DomainEvent> =>
    until(
      `${type} of ${operator}`,
      async () => events.findLast((event) => event.type === type && event.subject === operator),
      PATIENT,
    );
  /** Waits until the newcomer has given votes in an epoch after one. */
  const votesAfter = (epoch: number): Promise<unknown> =>
    until(
      `votes after epoch ${epoch}`,
      async () => {
        const { current } = await guide.answer<{ current: Tally & { epoch: number } }>(
          'validator performance',
        );
        return current.epoch > epoch && current.votes > current.missed;
      },
      PATIENT,
    );
  const epochNow = async (): Promise<number> => {
    const { epoch } = await stake.network.get<{ epoch: { epoch: number } }>('/staking');
    return epoch.epoch;
  };

  it('a fifth registers, is bonded to, and votes from the boundary on', async () => {
    const { operator } = stake.newcomer;
    const registered = await guide.answer<Outcome>('validator register');
    assert.equal(registered.status, 'finalized');
    assert.equal(registered.preview.fee.amount, registered.fee);
    assert.equal((await newcomer()).stake, '1900000000000');
    await told('ValidatorRegistered', operator);

    const planned = await guide.answer<Outcome>(
      'stake bond --home node --from alice --validator operator --amount 100000000000 --dry-run',
    );
    // By now it may be active, or not yet.
    assert.deepEqual([planned.status, planned.preview.power.after], [undefined, 2_000_000]);
    await until('the newcomer is active', async () => (await newcomer()).status === 'active', PATIENT);
    const { data } = await told('ValidatorActivated', operator);
    // EPOCH-1: it was decided at the end of an epoch, and is in force two heights later.
    const first = data.block + 1;
    assert.equal((first - 1 - 2) % QUICK.epochBlocks, 0);
    assert.ok(first >= registered.preview.takesEffectAtHeight);
    const inSet = async (height: number): Promise<boolean> => {
      const set = await stake.network.get<{ items: Validator[] }>(`/validators/set/${height}`);
      return set.items.some((item) => item.operator === operator);
    };
    assert.deepEqual([await inSet(first - 1), await inSet(first)], [false, true]);
    assert.equal((await newcomer()).power, 1_900_000);
    await votesAfter(-1);
    const shown = await guide.run('validator show operator');
    assert.match(shown.stdout, /^status +active$/m);
    const { items } = await guide.answer<{ items: Validator[] }>('validator list');
    assert.deepEqual([items.length, items[0]?.operator], [5, operator]);
  });

  it('stopped, it is jailed and slashed; started again, it is let out and votes', async () => {
    const { operator } = stake.newcomer;
    await stake.stopNewcomer();
    const jailed = await until(
      'the newcomer is jailed',
      async () => {
        const validator = await newcomer();
        return validator.status === 'jailed' ? validator : undefined;
      },
      PATIENT,
    );
    // A hundredth, of what it had.
    assert.equal(BigInt(jailed.stake), (1_900_000_000_000n * 99n) / 100n);
    const { items } = await guide.answer<{ items: { reason: string; burnt: string }[] }>(
      'validator slashing',
    );
    assert.deepEqual(
      items.map(({ reason, burnt }) => [reason, burnt]),
      [['downtime', '19000000000']],
    );
    await told('ValidatorJailed', operator);
    await told('ValidatorSlashed', operator);

    await stake.startNewcomer();
    await until(
      'it is let out of jail',
      async () => {
        const { code, stderr } = await guide.run('validator unjail');
        // Before its time is over, nothing is signed.
        assert.ok(code === 0 || stderr.includes('validator.jail-not-over'), stderr);
        return code === 0;
      },
      PATIENT,
    );
    await told('ValidatorUnjailed', operator);
    await until('the newcomer is active', async () => (await newcomer()).power > 0, PATIENT);
    await votesAfter(-1);
    const reputation = await guide.answer<{ reputation: number }>('validator reputation');
    assert.ok(reputation.reputation >= 0 && reputation.reputation < 50);
  });

  it('stake of another account is bonded, released after the period, and moved', async () => {
    const { operator } = stake.newcomer;
    const bonded = await guide.answer<Outcome>(
      'stake bond --home node --from alice --validator operator --amount 100000000000 --yes',
    );
    assert.equal(bonded.status, 'finalized');
    const before = await guide.answer<{ bonded: string; balance: string }>('stake show alice');
    // A bond buys whole shares: the last base unit of it may be the pool's.
    assert.ok(100_000_000_000n - BigInt(before.bonded) <= 1n);
    assert.equal(BigInt(before.balance), 2n * STAKE - 100_000_000_000n - BigInt(bonded.fee));

    const unbonded = await guide.answer<Outcome>('stake unbond');
    const { unbondings } = await guide.answer<{ unbondings: { end: string; amount: string }[] }>(
      'stake show alice',
    );
    const [entry] = unbondings;
    assert.ok(entry !== undefined && 40_000_000_000n - BigInt(entry.amount) <= 1n);
    // The preview could not know the time of the block, but nearly.
    assert.ok(Math.abs(Date.parse(entry.end) - Date.parse(unbonded.preview.unbondingEnds)) < 30_000);
    const { balance } = await stake.network.get<{ balance: string }>(`/accounts/${stake.alice}`);
    const released = await until(
      'the stake is paid out',
      async () => {
        const now = await stake.network.get<{ balance: string }>(`/accounts/${stake.alice}`);
        return BigInt(now.balance) > BigInt(balance) ? BigInt(now.balance) - BigInt(balance) : undefined;
      },
      PATIENT,
    );
    assert.equal(released, BigInt(entry.amount));
    const paid = await told('StakeReleased', operator);
    assert.equal(paid.data['account'], stake.alice);

    await until(
      'there are rewards to withdraw',
      async () => (await guide.run('stake withdraw')).code === 0,
      PATIENT,
    );
    await told('RewardsWithdrawn', operator);
    const again = await stake.network.node0(
      'stake',
      'unbond',
      '--from',
      join(stake.newcomer.home, 'accounts', 'alice.json'),
      '--validator',
      operator,
      '--amount',
      '20000000000',
      '--yes',
      '--json',
    );
    assert.equal(again.code, 0, again.stderr);
    const cancelled = await guide.answer<Outcome>('stake cancel-unbond');
    assert.equal(cancelled.status, 'finalized');
    const { items } = await stake.network.get<{ items: Validator[] }>('/validators?sort=name');
    const other = items.find((item) => item.operator !== operator && item.status === 'active');
    assert.ok(other !== undefined);
    const moved = await guide.answer<Outcome>('stake redelegate', { ADDRESS: other.operator });
    assert.equal(moved.status, 'finalized');
    const { stake: grown } = await stake.network.get<Validator>(`/validators/${other.operator}`);
    assert.equal(BigInt(grown), BigInt(other.stake) + 10_000_000_000n);
  });

  it('the consensus key is rotated, and the node goes on with the new one', async () => {
    const made = await guide.answer<{ publicKey: string }>('keys create');
    const edited = await guide.answer<Outcome>('validator edit');
    assert.equal(edited.status, 'finalized');
    const rotated = await guide.answer<Outcome>('validator rotate-key');
    assert.equal(rotated.status, 'finalized');
    await until(
      'the new key is in force',
      async () => (await newcomer()).publicKey === made.publicKey,
      PATIENT,
    );
    await stake.stopNewcomer();
    const moved = await guide.run('mkdir');
    assert.equal(moved.code, 0, moved.stderr);
    guide.doneOtherwise('start --home node');
    await stake.startNewcomer(['--set', 'consensus.key=keys/consensus-2.json']);
    await votesAfter(await epochNow());
  });

  it('a validator that signs two blocks is tombstoned', async () => {
    const stranger = await DoubleVoter.join(stake.network, 3);
    try {
      const { operator } = await stake.network.get<Validator>(`/validators/${stranger.address}`);
      await until(
        'it is tombstoned',
        async () => {
          const { status } = await stake.network.get<Validator>(`/validators/${operator}`);
          if (status !== 'tombstoned') await stranger.vote();
          return status === 'tombstoned';
        },
        PATIENT,
      );
      const { stdout } = await stake.network.node0('validator', 'slashing', operator, '--json');
      const { items } = JSON.parse(stdout) as {
        items: { reason: string; burnt: string; evidence: string }[];
      };
      const [slash] = items;
      assert.equal(slash?.reason, 'duplicate-vote');
      assert.ok(BigInt(slash.burnt) >= STAKE / 20n);
      const { items: evidence } = await stake.network.get<{ items: { hash: string }[] }>(
        '/evidence?limit=100',
      );
      assert.ok(evidence.some(({ hash }) => hash === slash.evidence));
      await told('ValidatorSlashed', operator);
      const bond = await stake.network.node0(
        'stake',
        'bond',
        '--from',
        join(stake.newcomer.home, 'accounts', 'alice.json'),
        '--validator',
        operator,
        '--amount',
        '1000',
        '--yes',
      );
      assert.equal(bond.code, 1);
      assert.match(bond.stderr, /nothing was signed: .*\(validator\.tombstoned\)/);
    } finally {
      await stranger.stop();
    }
  });

  it('it leaves, and the guide has no command that was not run', async () => {
    const left = await guide.answer<Outcome>('validator exit');
    assert.equal(left.status, 'finalized');
    await until('the newcomer is out of the set', async () => (await newcomer()).power === 0, PATIENT);
    await told('ValidatorDeactivated', stake.newcomer.operator);
    assert.deepEqual(guide.waiting, []);
    // Nobody hears of anything twice.
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
  });
});
