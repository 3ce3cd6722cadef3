import { equalBytes, listRoot, toHex } from '#kernel';
import { decodeEvidence } from '../domain/evidence/codec.ts';
import type { Header } from '../domain/types.ts';
import { placeToBytes } from '../store/keys.ts';
import type { BlockContext } from './verify-block.ts';

const CODE = 'block.corrupt-home';

/** The evidence of a block has the root that the header names, and is found by its identity. It is never pruned. */
export async function verifyStoredEvidence(
  context: BlockContext,
  { height, evidenceRoot }: Header,
): Promise<void> {
  const { store, faults, expected } = context;
  const where = `evidence of block ${height}`;
  await faults.guard(CODE, where, async () => {
    const evidence = (await store.encodedEvidence(height)).map(decodeEvidence);
    expected.evidence += evidence.length;
    const root = listRoot(evidence.map(({ hash }) => hash));
    if (!equalBytes(root, evidenceRoot)) {
      const named = toHex(evidenceRoot);
      return faults.add(
        'block.wrong-evidence-root',
        where,
        `its root is ${toHex(root)}, the header names ${named}`,
      );
    }
    for (const [index, { hash }] of evidence.entries()) {
      const found = await store.evidencePlace(hash);
      if (found !== undefined && equalBytes(placeToBytes(found), placeToBytes({ height, index }))) continue;
      const message = `${toHex(hash)} does not lead to place ${index} of block ${height}`;
      faults.add(CODE, `${where}, index by identity`, message);
    }
  });
}

/** What waits for a block is evidence, each piece under its identity. */
export async function verifyWaitingEvidence({
  engine,
  faults,
}: Pick<BlockContext, 'engine' | 'faults'>): Promise<void> {
  for await (const { key, value } of engine.range('evidence', {})) {
    if (faults.isFull) return;
    const where = `waiting evidence ${toHex(key)}`;
    const evidence = await faults.guard(CODE, where, async () => decodeEvidence(value));
    if (evidence === undefined || equalBytes(evidence.hash, key)) continue;
    faults.add(CODE, where, `it is the evidence ${toHex(evidence.hash)}`);
  }
}
