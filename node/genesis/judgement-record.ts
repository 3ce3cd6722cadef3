import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { GenesisReport } from '#genesis';
import type { GenesisFile } from './genesis-file.ts';

const RecordSchema = Type.Object({
  version: Type.Literal(1),
  /** Of the software that judged: another one may know more rules. */
  software: Type.String(),
  /** SHA-256 of the file that was judged. */
  digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  chainId: Type.String({ minLength: 1 }),
  genesisHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  initialHeight: Type.Integer({ minimum: 1 }),
  timeMs: Type.Integer({ minimum: 0 }),
  validators: Type.Array(
    Type.Object({
      operator: Type.String({ pattern: '^[0-9a-f]{40}$' }),
      publicKey: Type.String({ pattern: '^[0-9a-f]{64}$' }),
      stake: Type.String({ pattern: '^[0-9]{1,39}$' }),
      name: Type.String(),
    }),
  ),
  peers: Type.Array(Type.String()),
  report: Type.Object({ valid: Type.Literal(true), format: Type.Literal('node0') }),
});

/** What a node keeps of the judgement of its genesis, so that the next start need not judge the same file again. */
export type JudgementRecord = Omit<Static<typeof RecordSchema>, 'report'> & {
  readonly report: GenesisReport;
};

/** The record of a judgement of this very file by this software; undefined for none, or one that cannot be read. */
export async function readJudgementRecord(
  path: string,
  { digest }: GenesisFile,
  software: string,
): Promise<JudgementRecord | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const record: unknown = JSON.parse(text);
    if (!Value.Check(RecordSchema, record)) return undefined;
    if (record.digest !== digest || record.software !== software) return undefined;
    return record as JudgementRecord;
  } catch {
    // Cut short by a crash: the file is judged again.
    return undefined;
  }
}

export async function writeJudgementRecord(path: string, record: JudgementRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify(record));
  await rename(`${path}.new`, path);
}
