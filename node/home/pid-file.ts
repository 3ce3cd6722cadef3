import { readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { homeError } from './errors.ts';

/** Writes this process's id; whoever holds the home's lock may. */
export async function writePidFile(path: string): Promise<void> {
  await writeFile(path, `${process.pid}\n`);
}

/** Removes the file if it still names this process. */
export async function removePidFile(path: string): Promise<void> {
  if ((await readPidFile(path)) === process.pid) await rm(path, { force: true });
}

/** The process id in the file, or undefined when there is no such file. */
export async function readPidFile(path: string): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  const pid = Number(text.trim());
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/**
 * True when the process lives and is `node0 COMMAND` on the folder: process ids are reused, so a pid file alone
 * proves nothing. A supervisor's command line may leave the default home out: `home` undefined skips that part.
 */
export async function isLivingNode0(pid: number, command: string, home?: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const parameters = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (!parameters.includes(command)) return false;
    const folder = await readlink(`/proc/${pid}/cwd`);
    return home === undefined || parameters.some((parameter) => resolve(folder, parameter) === home);
  } catch {
    // No /proc on this system: being alive must do.
    return true;
  }
}

/**
 * @param what runs there, and by which command
 * @throws `home.in-use` when another process runs it in this home
 */
export async function refuseSecondProcess(
  pidFile: string,
  home: string,
  { what, command }: { readonly what: string; readonly command: string },
): Promise<void> {
  const pid = await readPidFile(pidFile);
  if (pid === undefined || pid === process.pid || !(await isLivingNode0(pid, command, home))) return;
  throw homeError('in-use', `process ${pid} runs the ${what} in ${home} already; stop that process first`, {
    home,
    pid,
  });
}
