import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../../harness/command.ts';
import { blocksOf, commandsOf } from '../../harness/document.ts';
import { readManifest } from '../manifest/read-manifest.ts';

const MAIN = join(ROOT, 'test', 'chaos', 'main.ts');
const COMMAND = 'npm run chaos -- ';

describe('the guide to broken networks', async () => {
  const guide = await readFile(join(ROOT, 'docs', 'guides', 'chaos.md'), 'utf8');

  it('shows manifests that are taken', () => {
    const shown = blocksOf(guide).filter(({ language }) => language === 'yaml');
    assert.ok(shown.length > 0);
    for (const { text } of shown) readManifest(text);
  });

  it('has commands that the runner takes; what they run is not run here', () => {
    const commands = commandsOf(guide).map(({ text }) => text);
    assert.ok(commands.length > 0 && commands.every((text) => text.startsWith(COMMAND)), commands.join('\n'));
    for (const command of commands) {
      const parameters = [...command.slice(COMMAND.length).split(' '), '--print'];
      const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...parameters], {
        cwd: ROOT,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      readManifest(stdout);
    }
  });

  it('names every invariant of the report by the words of the report', async () => {
    for (const file of ['judge', 'commits', 'same-blocks', 'supply']) {
      const text = await readFile(join(ROOT, 'test', 'chaos', 'invariants', `${file}.ts`), 'utf8');
      for (const [, words = ''] of text.matchAll(/(?:verdict\(|invariant = )\s*'([^']+)'/g)) {
        assert.ok(guide.includes(words), `the guide does not have: ${words}`);
      }
    }
  });
});
