import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { temporaryFolder } from '../../harness/folder.ts';
import { endProcess } from '../../harness/network.ts';
import { until } from '../../harness/until.ts';

const MODULE = new URL('../nodes/clock-offset.ts', import.meta.url).href;
/** Answers every message with its times. */
const PROGRAM = `
const times = () => ({
  now: Date.now(), made: new Date().getTime(), text: Date.parse(Date()), origin: performance.timeOrigin + performance.now(),
  monotonic: performance.now(), fixed: new Date(5).getTime(), own: new Date() instanceof Date, same: new Date().constructor === Date,
});
process.on('message', () => process.send(times()));
process.send('ready');
`;

interface Times {
  readonly now: number;
  readonly made: number;
  readonly text: number;
  readonly origin: number;
  readonly monotonic: number;
  readonly fixed: number;
  readonly own: boolean;
  readonly same: boolean;
}

describe('the offset of the clock of a process', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let file: string;
  let child: ChildProcess;
  const message = () => new Promise<unknown>((resolve) => child.once('message', resolve));

  before(async () => {
    folder = await temporaryFolder();
    file = join(folder.path, 'offset');
    await writeFile(file, '90000');
    const program = join(folder.path, 'program.mjs');
    await writeFile(program, PROGRAM);
    child = spawn(process.execPath, [program], {
      env: { ...process.env, NODE_OPTIONS: `--import=${MODULE}`, CHAOS_CLOCK_FILE: file },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await message();
  });
  after(async () => {
    await endProcess(child);
    await folder.remove();
  });

  async function times(): Promise<Times> {
    const answer = message();
    child.send('times');
    return (await answer) as Times;
  }

  function assertOffset(given: Times, offsetMs: number): void {
    const expected = Date.now() + offsetMs;
    for (const name of ['now', 'made', 'text', 'origin'] as const) {
      assert.ok(Math.abs(given[name] - expected) < 5_000, `${name} is ${given[name] - expected} ms off`);
    }
    assert.deepEqual([given.fixed, given.own, given.same], [5, true, true]);
  }

  it('is there from the start, in every way to ask for the time', async () => {
    assertOffset(await times(), 90_000);
  });

  it('jumps while the process runs, back too, and leaves monotonic time alone', async () => {
    const { monotonic } = await times();
    await writeFile(file, '-7200000');
    child.kill('SIGUSR2');
    await until('it is taken', async () => (await readFile(`${file}.taken`, 'utf8')) === '-7200000');
    const jumped = await times();
    assertOffset(jumped, -7_200_000);
    assert.ok(jumped.monotonic >= monotonic && jumped.monotonic < monotonic + 60_000);
  });
});
