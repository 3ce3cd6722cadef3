import type { Faults } from '../faults/faults.ts';
import type { TransferLoad } from '../load/transfer-load.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { ChaosNode } from '../nodes/chaos-node.ts';
import type { ChainOfHomes } from '../nodes/homes.ts';
import type { ChainWatch } from '../watch/chain-watch.ts';
import type { Report } from './report.ts';

/** What the stages of a run share. */
export interface RunContext {
  readonly manifest: Manifest;
  readonly chain: ChainOfHomes;
  readonly nodes: ReadonlyMap<string, ChaosNode>;
  readonly faults: Faults;
  readonly watch: ChainWatch;
  readonly load: TransferLoad;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Root of the working tree: what an upgrade installs. */
  readonly tree: string;
}

/** @throws RangeError for a name that the manifest does not have, which its check rules out */
export function nodeOf({ nodes }: Pick<RunContext, 'nodes'>, name: string): ChaosNode {
  const node = nodes.get(name);
  if (node === undefined) throw new RangeError(`no node ${name}`);
  return node;
}
