import type { ChaosNode } from '../nodes/chaos-node.ts';
import type { Verdict } from '../run/report.ts';
import type { ChainWatch } from '../watch/chain-watch.ts';

const PAGE = 100;
const FINDINGS_MAX = 10;

interface BlockView {
  readonly height: number;
  readonly hash: string;
  readonly stateRoot: string;
}

/** Every node that has a height has the same block and the same state root there. */
export async function checkSameBlocks(nodes: readonly ChaosNode[], watch: ChainWatch): Promise<Verdict> {
  const invariant = 'one block and one state root at each height';
  const says = watch.findings.filter(({ kind }) => kind === 'same-blocks').map(({ what }) => what);
  const known = new Map<number, BlockView & { readonly by: string }>();
  let compared = 0;
  for (const node of nodes) {
    const blocks = await blocksOf(node);
    if (blocks === undefined) {
      says.push(`${node.name} did not give its blocks`);
      continue;
    }
    for (const block of blocks) {
      const first = known.get(block.height);
      if (first === undefined) known.set(block.height, { ...block, by: node.name });
      else {
        compared++;
        if (first.hash === block.hash && first.stateRoot === block.stateRoot) continue;
        says.push(`height ${block.height}: ${first.by} has ${first.hash}, ${node.name} has ${block.hash}`);
      }
    }
  }
  if (compared === 0) says.push('nothing could be compared');
  if (says.length > 0) return { invariant, holds: false, says: says.slice(0, FINDINGS_MAX) };
  const what = `${known.size} heights on ${nodes.length} nodes, ${compared} comparisons`;
  return { invariant, holds: true, says: [what] };
}

/** All blocks that a node has; a node that took the state from a snapshot has those after it. */
async function blocksOf(node: ChaosNode): Promise<BlockView[] | undefined> {
  const blocks: BlockView[] = [];
  let cursor = '';
  for (;;) {
    const page = await node.get<{ items: BlockView[]; nextCursor?: string }>(
      `/blocks?limit=${PAGE}${cursor}`,
    );
    if (page === undefined) return undefined;
    blocks.push(...page.items);
    if (page.nextCursor === undefined) return blocks;
    cursor = `&cursor=${page.nextCursor}`;
  }
}
