import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT } from '../harness/command.ts';
import { temporaryFolder } from '../harness/folder.ts';

const SCRIPT = join(ROOT, 'docs', 'examples', 'ceremony.sh');
/** Below the range that systems hand out by themselves. */
const BASE_PORT = 21_700;
const WITHIN_MS = 1_200_000;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

describe('the ceremony of seven founders', () => {
  it('finds each mistake and whose it is, seals, starts the network, and keeps another genesis out', async () => {
    const launcher = join(ROOT, 'cli', 'bin', 'node0.mjs');
    const child = spawn('bash', [SCRIPT, join(folder.path, 'ceremony')], {
      cwd: ROOT,
      env: { ...process.env, NODE0: `${process.execPath} ${launcher}`, BASE_PORT: String(BASE_PORT) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const late = setTimeout(() => child.kill('SIGTERM'), WITHIN_MS);
    const code = await new Promise((resolve) => child.once('close', resolve));
    clearTimeout(late);
    assert.equal(code, 0, output);
    assert.match(output, /== done\n$/);
  });
});
