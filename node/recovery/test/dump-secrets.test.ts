import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLogger } from '#runtime';
import { dumpHome, type HomeDump } from '../dump-home.ts';

/** The dump of a home with a password, whose log was told of a text. */
async function dumpOf(password: string, told: string): Promise<HomeDump> {
  const home = await mkdtemp(join(tmpdir(), 'dump-'));
  try {
    const configurationFile = join(home, 'node0.yaml');
    await writeFile(configurationFile, 'log: { file: node.log }\n');
    await writeFile(join(home, 'password'), `${password}\n`);
    const log = createLogger({ name: 'test', level: 'info', destination: join(home, 'node.log') });
    log.info({ told }, `somebody logged ${told}`);
    log.error({ error: new Error(told) }, 'failed');
    log.flush();
    return await dumpHome({ configurationFile, logLines: 10 });
  } finally {
    await rm(home, { recursive: true });
  }
}

const PASSWORDS = {
  'without a mark': 'correct horse',
  'with a quotation mark': 'a "quoted" word',
  'with backslashes': 'C:\\keys\\new',
  'with a tabulator and a line break': 'first\tline\nsecond line',
  'with letters of other scripts': 'пароль"كلمة',
};

for (const [name, password] of Object.entries(PASSWORDS)) {
  test(`a dump holds no password ${name}, whether the log has it as it is or within JSON`, async () => {
    for (const told of [`is ${password} now`, `is ${JSON.stringify({ password })} now`]) {
      const { log } = await dumpOf(password, told);
      assert.ok(Array.isArray(log));
      assert.equal(log.length, 2);
      for (const line of log as string[]) {
        const {
          told: field,
          msg,
          error,
        } = JSON.parse(line) as {
          told?: string;
          msg: string;
          error?: { message: string; stack: string };
        };
        for (const text of [field, msg, error?.message, error?.stack]) {
          assert.ok(!text?.includes(password), text);
          assert.ok(!text?.includes(JSON.stringify(password)), text);
        }
        assert.match(line, /\[secret\]/);
      }
    }
  });
}
