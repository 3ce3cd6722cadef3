import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { appendFile, cp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startNode0 } from '../harness/command.ts';
import { temporaryFolder } from '../harness/folder.ts';
import { endProcess } from '../harness/network.ts';
import { makeNodeHome, type NodeHome } from '../harness/node-home.ts';
import { buildPowerLoss, LosableDisk, type PowerLossLibrary } from '../harness/power-loss/power-loss.ts';
import { assertAllRefused } from '../harness/refusal.ts';
import { until } from '../harness/until.ts';

/** Exit code of a node that stopped for safety. */
const FATAL = 70;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: NodeHome;
let library: PowerLossLibrary | undefined;
let reached: number;

/** Runs the node until its height is `heights` more than at first, and stops it; returns the last height. */
async function runFor(path: string, heights: number): Promise<number> {
  const child = startNode0(['start', '--home', path]);
  try {
    return await goOn(child, heights);
  } finally {
    await endProcess(child);
  }
}

async function goOn(child: ChildProcess, heights: number): Promise<number> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  let first: number | undefined;
  return until(`${heights} heights`, async () => {
    assert.equal(child.exitCode, null, output);
    const response = await fetch(`http://127.0.0.1:${home.apiPort}/api/v2/status`);
    const { height } = (await response.json()) as { height: number };
    first ??= height;
    return height >= first + heights && height;
  });
}

before(async () => {
  folder = await temporaryFolder();
  library = await buildPowerLoss();
  home = await makeNodeHome(join(folder.path, 'sound'));
  await runFor(home.path, 2);
  // What the first run left in the log of the database is in tables after the second; of what is in the log then, the
  // consensus log could make one block anew, but not three.
  reached = await runFor(home.path, 3);
});
after(async () => {
  await folder.remove();
  await library?.remove();
});

/** A copy of the sound home, damaged. */
async function damagedCopy(
  name: string,
  damage: (data: (...names: string[]) => string) => Promise<void>,
): Promise<string> {
  const path = join(folder.path, name);
  await cp(home.path, path, { recursive: true });
  await damage((...names) => join(path, 'data', ...names));
  return path;
}

async function filesOf(directory: string, ending: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(ending)).toSorted();
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  return names.filter((_, index) => (sizes[index] ?? 0) > 0).map((name) => join(directory, name));
}

async function flip(file: string, position: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const byte = new Uint8Array(1);
    await handle.read(byte, 0, 1, position);
    await handle.write(Uint8Array.of((byte[0] ?? 0) ^ 0x10), 0, 1, position);
  } finally {
    await handle.close();
  }
}

async function refused(path: string, code: string, says: RegExp): Promise<void> {
  await assertAllRefused([{ parameters: ['start', '--home', path], code, says }]);
}

describe('a home with a damaged file', () => {
  it('opens where a crash could have left it so: torn tails of logs, half-written records that are made anew', async () => {
    const path = await damagedCopy('torn', async (data) => {
      const [log = ''] = await filesOf(data('consensus'), '.log');
      await truncate(log, (await stat(log)).size - 7);
      await appendFile(data('mempool.journal'), Buffer.from([0, 0, 1, 0, 7]));
      await writeFile(data('genesis-judgement.json'), '{"version":1,"softw');
    });
    assert.ok((await runFor(path, 1)) > reached);
  });

  it('is refused when the consensus log is damaged where it had been durable', async () => {
    const path = await damagedCopy('log', async (data) => {
      const [log = ''] = await filesOf(data('consensus'), '.log');
      await flip(log, 40);
    });
    await refused(path, 'consensus.log-corrupt', /restore the file from a copy/);
  });

  it('is refused when the record of the last signature is damaged, or missing', async () => {
    const damaged = await damagedCopy('record', async (data) => {
      const record = data('signer', 'last-sign');
      const { size } = await stat(record);
      for (const position of [50, 4096 + 50]) if (position < size) await flip(record, position);
    });
    await refused(damaged, 'consensus.sign-record-corrupt', /Restore the file from a copy/);
    const missing = await damagedCopy('no-record', (data) => rm(data('signer', 'last-sign')));
    await refused(missing, 'home.sign-record-missing', /Put the file back/);
  });

  it('is refused when the database lost a file', async () => {
    const headless = await damagedCopy('headless', (data) => rm(data('state', 'CURRENT')));
    await refused(headless, 'engine.state.corrupt', /CURRENT is missing.*restore it from a backup/);
    const tableless = await damagedCopy('tableless', async (data) => {
      for (const table of await filesOf(data('state'), '.sst')) await rm(table);
    });
    await refused(tableless, 'engine.state.corrupt', /restore it from a backup/);
    const manifestless = await damagedCopy('manifestless', async (data) => {
      for (const name of await readdir(data('state')))
        if (name.startsWith('MANIFEST')) await rm(data('state', name));
    });
    await refused(manifestless, 'engine.state.corrupt', /restore it from a backup/);
  });

  it('is refused when a table of the database is damaged or cut short', async () => {
    const flipped = await damagedCopy('flipped', async (data) => {
      for (const table of await filesOf(data('state'), '.sst')) {
        const { size } = await stat(table);
        for (let position = 8; position < size / 2; position += 16) await flip(table, position);
      }
    });
    await refused(flipped, 'engine.state.corrupt', /restore it from a backup/);
    const cut = await damagedCopy('cut', async (data) => {
      for (const table of await filesOf(data('state'), '.sst'))
        await truncate(table, (await stat(table)).size - 30);
    });
    await refused(cut, 'engine.state.corrupt', /restore it from a backup/);
  });

  it('is refused when the log of the database is damaged or gone: final blocks would be lost in silence', async () => {
    for (const [name, damage] of [
      ['state-log', (log: string) => flip(log, 20)],
      ['state-log-cut', (log: string) => truncate(log, 10)],
      ['state-log-gone', (log: string) => rm(log)],
    ] as const) {
      const path = await damagedCopy(name, async (data) => {
        const logs = await filesOf(data('state'), '.log');
        assert.ok(logs.length > 0);
        for (const log of logs) await damage(log);
      });
      await refused(path, 'home.state-behind-log', /Keep data\/signer/);
    }
  });
});

describe('a full disk', () => {
  /** Starts a copy of the home on a disk that can be full. */
  /** Processes that have ended and whose output is whole. */
  const closed = new Set<ChildProcess>();
  const startOn = async (name: string, environment: Readonly<Record<string, string>>) => {
    const path = await damagedCopy(name, async () => {});
    assert.ok(library !== undefined);
    const disk = new LosableDisk(library, join(path, 'data'), join(folder.path, `${name}-notes`));
    const child = startNode0(['start', '--home', path, '--json'], {
      env: await disk.environment(environment),
    });
    let output = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('close', () => closed.add(child));
    return { path, child, output: () => output };
  };

  const assertEnds = async (child: ChildProcess, output: () => string, code: number): Promise<string> => {
    await until('the node ends and all that it said is heard', async () => closed.has(child)).finally(() =>
      child.kill('SIGKILL'),
    );
    assert.equal(child.exitCode, code, output());
    const line = output()
      .split('\n')
      .find((one) => one.startsWith('{"error"'));
    const { error } = JSON.parse(line ?? '{}') as { error?: { code: string; message: string } };
    assert.ok(error !== undefined, output());
    assert.match(error.code, /^(engine\.state\.io|consensus\.storage-failed)$/, output());
    assert.match(error.message, /check the disk/);
    return error.code;
  };

  for (const room of [0, 20_000]) {
    it(`with room for ${room} bytes refuses the start, and lets the node go on when there is space again`, async (context) => {
      if (library === undefined) return context.skip('no library that makes a disk full');
      const { path, child, output } = await startOn(`full-${room}`, { POWERLOSS_ROOM: String(room) });
      await assertEnds(child, output, 1);
      assert.ok((await runFor(path, 1)) >= reached);
    });
  }

  it('stops a node that runs, which goes on when there is space again, with no block lost', async (context) => {
    if (library === undefined) return context.skip('no library that makes a disk full');
    const mark = join(folder.path, 'disk-is-full');
    const { path, child, output } = await startOn('full-running', { POWERLOSS_FULL: mark });
    const height = await goOn(child, 1);
    await writeFile(mark, '');
    await assertEnds(child, output, FATAL);
    await rm(mark);
    assert.ok((await runFor(path, 1)) > height);
  });
});
