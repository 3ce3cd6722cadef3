import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import type { ReportDocument } from '../chaos/run/report.ts';
import { ROOT } from '../harness/command.ts';
import { until } from '../harness/until.ts';

const MAIN = join(ROOT, 'test', 'chaos', 'main.ts');
/** `CHAOS_SEED` repeats a run. */
const SEED = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const RUN_MS = 900_000;

/** A run of the command, as `npm run chaos -- …` makes it. */
class ChaosRun {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;

  constructor(...parameters: string[]) {
    this.child = spawn(process.execPath, [MAIN, ...parameters], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** The report of a run in which every invariant held. */
  async report(): Promise<ReportDocument> {
    const code = await this.ended;
    assert.equal(code, 0, `exit code ${code}\n${this.stderr}\n${this.stdout}`);
    return JSON.parse(this.stdout) as ReportDocument;
  }
}

/** Processes of which a word of the command line holds the text. */
async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const command = await readFile(join('/proc', entry, 'cmdline'), 'utf8').catch(() => '');
    if (command.includes(text)) found.push(`${entry} ${command.replaceAll('\0', ' ')}`);
  }
  return found;
}

describe('networks of real processes that are perturbed', () => {
  const runs: ChaosRun[] = [];
  const run = (...parameters: string[]): ChaosRun => {
    const started = new ChaosRun(...parameters);
    runs.push(started);
    return started;
  };
  afterEach(async () => {
    for (const started of runs.splice(0)) {
      started.child.kill('SIGTERM');
      await started.ended;
    }
  });

  it('keep every invariant through each kind of perturbation', { timeout: RUN_MS }, async (t) => {
    if (spawnSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT }).status !== 0) {
      t.skip('there is no git repository, so no version to upgrade from');
      return;
    }
    const report = await run('test/chaos/manifests/ci.yaml', '--json').report();
    assert.ok(report.verdicts.length >= 8 && report.verdicts.every(({ holds }) => holds));
    assert.ok(report.load.final > 100, JSON.stringify(report.load));
    assert.deepEqual([report.load.open, report.load.accepted], [0, report.load.final + report.load.expired]);
    const halves = report.steps.find(({ hadQuorum }) => !hadQuorum);
    assert.ok(halves !== undefined && halves.intervals.during.blocks <= 1, JSON.stringify(halves));
    console.error(JSON.stringify({ seconds: report.seconds, network: report.network, load: report.load }));
  });

  it('keep every invariant in a manifest that is made from a fresh seed', { timeout: RUN_MS }, async () => {
    console.error(`CHAOS_SEED=${SEED}`);
    const report = await run('--seed', String(SEED), '--size', 'small', '--json').report();
    assert.equal(report.seed, SEED);
    assert.ok(report.steps.length > 0 && report.load.final > 0);
  });

  it('are gone after SIGINT, with the folder of their logs named', { timeout: RUN_MS }, async (t) => {
    if (process.platform !== 'linux') {
      t.skip('processes are looked for in /proc');
      return;
    }
    const started = run('test/chaos/manifests/silent.yaml', '--network', 'proxy');
    await until('a fault is under way', async () => started.stderr.includes('disconnect'), {
      withinMs: RUN_MS,
    });
    const [, folder] =
      /(\S*node0-chaos-silent-\w+)/.exec((await processesWith('node0-chaos-silent')).join(' ')) ?? [];
    assert.ok(folder !== undefined, 'nodes run');
    started.child.kill('SIGINT');
    assert.equal(await started.ended, 130, started.stderr);
    assert.ok(started.stderr.includes(`homes and logs: ${folder}`), started.stderr);
    assert.deepEqual(await processesWith(folder), []);
  });

  it('are refused with the findings of a wrong manifest, and with the usage', async () => {
    const none = run('no-such-manifest.yaml');
    assert.equal(await none.ended, 1);
    assert.match(none.stderr, /\[chaos\.unreadable-manifest\]/);
    const wrong = run('--seed', '1', '--size', 'huge');
    assert.equal(await wrong.ended, 2);
    assert.match(wrong.stderr, /--size takes one of small, medium, large[^]*Usage:/);
    const shown = run('--seed', '1', '--print');
    assert.equal(await shown.ended, 0);
    assert.match(shown.stdout, /^name: seed-1-medium/);
  });
});
