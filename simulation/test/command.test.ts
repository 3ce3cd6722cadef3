import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'cli', 'bin', 'node0.mjs');

function simulate(...options: string[]) {
  return spawnSync(process.execPath, [LAUNCHER, 'simulate', ...options], { encoding: 'utf8' });
}

describe('node0 simulate', () => {
  it('tells in JSON what happened, and ends well', () => {
    const { status, stdout } = simulate('--seeds', '1..2', '--profile', 'calm', '--heights', '3', '--json');
    const result = JSON.parse(stdout) as Record<string, unknown>;
    assert.equal(status, 0);
    assert.equal(result['seeds'], 2);
    assert.ok(Number(result['heights']) >= 6);
    assert.equal(result['finding'], undefined);
  });

  it('ends with 1 at a finding, with its events and the command that shows it again', () => {
    const options = [
      '--seed',
      '1',
      '--profile',
      'crashes',
      '--heights',
      '5',
      '--mutation',
      'vote-before-log',
    ];
    const { status, stdout } = simulate(...options);
    assert.equal(status, 1);
    assert.match(stdout, /seed 1 of profile crashes: speech: v\d said its/);
    assert.match(stdout, /last events:\n {2}/);
    const replay = stdout.trimEnd().split('\n').at(-1)?.replace('replay: npx node0 simulate ', '') ?? '';
    const again = simulate(...replay.split(' '));
    const finding = (text: string) => /seed 1 of profile.*/.exec(text)?.[0];
    assert.equal(finding(again.stdout), finding(stdout));
  });

  it('refuses what it cannot use, saying what it accepts', () => {
    for (const [options, reason] of [
      [['--profile', 'stormy'], /Give one of calm, lossy/],
      [['--seeds', '5..1'], /the smaller first/],
      [['--mutation', 'none'], /Give one of skip-lock-rule/],
    ] as const) {
      const { status, stderr } = simulate(...options);
      assert.equal(status, 2);
      assert.match(stderr, reason);
    }
  });

  it('simulates wide networks and estimates wider ones, in text and JSON', () => {
    const run = simulate('wide', '--validators', '4,5', '--heights', '1', '--json');
    assert.equal(run.status, 0);
    const { reports } = JSON.parse(run.stdout) as { reports: { request: { validators: number } }[] };
    assert.deepEqual(
      reports.map(({ request }) => request.validators),
      [4, 5],
    );
    const estimate = simulate('estimate', '--validators', '1000');
    assert.equal(estimate.status, 0);
    assert.match(estimate.stdout, /today: everybody to everybody +1000/);
    const refused = simulate('wide', '--validators', '4,many');
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /Give whole numbers from 1 to 2000/);
  });
});
