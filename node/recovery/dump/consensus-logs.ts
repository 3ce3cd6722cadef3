import { stat } from 'node:fs/promises';
import { describeLog, openFileDirectory, readLastSignature } from '#services/consensus';

/** What the write-ahead log and the record of the last signature hold, without changing either. */
export async function summariseLogs(logs: string, signer: string): Promise<object> {
  return {
    log: (await isFolder(logs)) ? await describeLog(await openFileDirectory(logs)) : null,
    lastSignature: (await isFolder(signer)) ? await readLastSignature(await openFileDirectory(signer)) : null,
  };
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}
