import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../harness/command.ts';
import { chaosError } from '../errors.ts';

const run = promisify(execFile);
const ARCHIVE_BYTES_MAX = 512 * 2 ** 20;

/**
 * The sources of a git revision in a folder of their own, with the dependencies of the working tree; where the
 * revision has others, they are installed.
 *
 * @throws `chaos.unknown-version`
 */
export async function checkOut(revision: string, folder: string): Promise<string> {
  const root = join(folder, revision.replace(/[^A-Za-z0-9.-]/g, '_'));
  await mkdir(root, { recursive: true });
  try {
    const commit = ['rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`];
    const { stdout } = await run('git', commit, { cwd: ROOT });
    const archive = join(root, '.archive.tar');
    await run('git', ['archive', '--output', archive, stdout.trim()], {
      cwd: ROOT,
      maxBuffer: ARCHIVE_BYTES_MAX,
    });
    await run('tar', ['-xf', archive, '-C', root]);
    const [ours, theirs] = await Promise.all(
      [ROOT, root].map((at) => readFile(join(at, 'package-lock.json'), 'utf8')),
    );
    if (ours === theirs) await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    else await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root });
    return root;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = 'name a revision that this clone has; a shallow clone must be deepened first';
    throw chaosError(
      'unknown-version',
      `${revision} cannot be checked out: ${reason}; ${hint}`,
      {},
      { cause },
    );
  }
}
