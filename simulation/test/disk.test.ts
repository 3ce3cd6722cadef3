import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { utf8 } from '#kernel';
import { Files } from '../disk/files.ts';
import { SimulatedDisk } from '../disk/simulated-disk.ts';
import { seededRandom } from '../random.ts';
import { LifeScheduler, MachineClock } from '../time/machine-clock.ts';
import { VirtualTime } from '../time/virtual-time.ts';

function machine(seed: number) {
  const time = new VirtualTime();
  const disk = new SimulatedDisk(seededRandom(seed));
  const mount = () => {
    const life = new LifeScheduler(time, new MachineClock(time));
    let crashes = 0;
    const mounted = disk.mount(life, () => {
      crashes += 1;
      life.end();
    });
    return { ...mounted, life, crashes: () => crashes };
  };
  return { time, disk, mount };
}

describe('the simulated disk', () => {
  it('keeps what was synced, and of the rest nothing that was not written', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(20), (seed, unsynced) => {
        const files = new Files();
        files.create('log');
        files.write('log', 0, utf8('durable'));
        files.sync('log', files.pendingOf('log'));
        for (let index = 0; index < unsynced; index++) files.write('log', 7 + index, utf8('x'));
        files.losePower(seededRandom(seed));
        const text = Buffer.from(files.read('log') ?? []).toString('latin1');
        assert.equal(text.slice(0, 7), 'durable');
        assert.ok(text.length <= 7 + unsynced);
      }),
    );
  });

  it('loses unsynced batches of the state from the end on, and no synced one', async () => {
    const left = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      const { time, disk, mount } = machine(seed);
      const { engine } = mount();
      const put = (key: string, sync: boolean) => {
        const batch = engine.batch();
        batch.put('state', utf8(key), utf8(key));
        return engine.write(batch, { sync });
      };
      const writing = put('a', true);
      await time.run(10);
      await writing;
      await put('b', false);
      await put('c', false);
      disk.losePower();
      const after = mount().engine;
      const keys = await Promise.all(['a', 'b', 'c'].map((key) => after.get('state', utf8(key))));
      left.add(keys.map((value) => (value === undefined ? '-' : Buffer.from(value).toString())).join(''));
    }
    assert.deepEqual([...left].toSorted(), ['a--', 'ab-', 'abc']);
  });

  it('takes the machine down in the midst of the write that was chosen, after which nothing goes on', async () => {
    const { time, disk, mount } = machine(1);
    const { consensusLog, crashes } = mount();
    disk.faults.crashAfter = 3;
    let isDone = false;
    const work = async (): Promise<void> => {
      const file = await consensusLog.open('wal');
      await file.write(0, utf8('one'));
      await file.write(3, utf8('two'));
      isDone = true;
    };
    void work();
    await time.run(10);
    assert.equal(crashes(), 1);
    assert.equal(isDone, false);
    await time.run(1_000);
    assert.equal(isDone, false);
  });

  it('fails while it is full, and is well after it was healed', async () => {
    const { time, disk, mount } = machine(1);
    const { consensusLog, journal } = mount();
    disk.faults.full = true;
    await assert.rejects(consensusLog.open('wal'), /no space left/);
    await assert.rejects(journal.append([utf8('x')]), /no space left/);
    assert.equal(disk.failures, 2);
    disk.heal();
    const appending = journal.append([utf8('x')]);
    await time.run(10);
    await appending;
    assert.equal((await journal.read()).length, 1);
  });

  it('keeps what the journal acknowledged, and may lose what it was asked to keep', async () => {
    const left = new Set<number>();
    for (let seed = 1; seed <= 40; seed++) {
      const { time, disk, mount } = machine(seed);
      const { journal } = mount();
      const appending = journal.append([utf8('a')]);
      await time.run(10);
      await appending;
      void journal.append([utf8('b')]);
      await time.run(0);
      disk.losePower();
      const after = await mount().journal.read();
      left.add(after.length);
    }
    assert.deepEqual(left, new Set([1, 2]));
  });

  it('lets go of a node that waits for a disk of a machine that is down', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { disk, mount } = machine(1);
    const ask = (): WeakRef<object> => {
      const { engine, life } = mount();
      life.end();
      const node = { value: undefined as Uint8Array | undefined };
      void engine.get('state', utf8('key')).then((value) => (node.value = value));
      return new WeakRef(node);
    };
    const node = ask();
    await setImmediate();
    collect();
    assert.equal(node.deref(), undefined);
    assert.equal(disk.failures, 0);
  });

  it('reads a file that was cut off and written beyond its end as it is, and gives no memory away', () => {
    const files = new Files();
    files.create('log');
    files.write('log', 0, utf8('abcdef'));
    files.sync('log', 1);
    files.truncate('log', 2);
    files.write('log', 4, utf8('z'));
    files.sync('log', 2);
    const read = files.read('log') as Uint8Array;
    assert.deepEqual([...read], [...utf8('ab\0\0z')]);
    read.fill(0);
    files.read('log')?.fill(0);
    assert.deepEqual([...(files.read('log') ?? [])], [...utf8('ab\0\0z')]);
  });
});
