import type { ChaosNode } from '../nodes/chaos-node.ts';
import { msUntil } from '../run/await-condition.ts';
import type { Verdict } from '../run/report.ts';
import type { RunContext } from '../run/run-context.ts';
import { checkCommits } from './commits.ts';
import { checkSameBlocks } from './same-blocks.ts';
import { checkSupply, type FeeCount } from './supply.ts';

const READY_MS = 30_000;
const LEVEL_MS = 30_000;
/** Balances are compared at a height that every node has for certain. */
const HEIGHTS_BELOW_TIP = 1;

/** Judges a run from what the nodes say over their API, and from nothing else. */
export async function judge(
  context: RunContext,
  money: { fees: FeeCount; before: bigint },
): Promise<Verdict[]> {
  const { nodes, watch, load, report, signal, chain, manifest } = context;
  const all = [...nodes.values()];
  const level = await msUntil(
    () => all.every(({ name }) => watch.heightOf(name) >= watch.height - 1),
    LEVEL_MS,
    signal,
  );
  const height = Math.min(...all.map(({ name }) => watch.heightOf(name))) - HEIGHTS_BELOW_TIP;
  await msUntil(() => watch.followed >= height, LEVEL_MS, signal);
  const counts = load.counts();
  const back = watch.findings.filter(({ kind }) => kind === 'heights-back').map(({ what }) => what);
  const late = report.steps.flatMap(({ step, findings }) => findings.map((what) => `step ${step}: ${what}`));
  const settled = [
    ...load.findings,
    ...load.open.map((hash) => `${hash} was accepted and is neither final nor expired`),
  ];
  if (manifest.load.perSecond > 0 && counts.final === 0) settled.push('no transfer became final');
  const verdicts: Verdict[] = [
    verdict(
      'every step recovers in its time, and every fault took effect',
      late,
      `${report.steps.length} steps`,
    ),
    verdict('no height goes back', back, `${watch.height} heights`),
    await checkSameBlocks(all, watch),
    verdict(
      'every accepted transaction becomes final or expires',
      settled.slice(0, 10),
      `${counts.accepted} accepted, ${counts.final} final, ${counts.expired} expired`,
    ),
    await checkSupply({ ...money, nodes: all, accounts: chain.accounts, height }),
    await checkEvidence(context),
    await checkCommits(all, chain, height),
    await checkReady(context, level),
  ];
  const synced = all.filter(({ name }) => manifest.nodes[name]?.sync === 'state');
  if (synced.length > 0) verdicts.push(await checkSynced(synced, height));
  return verdicts;
}

/** Nobody lied here: evidence would be a validator that contradicted itself. */
async function checkEvidence({ nodes }: RunContext): Promise<Verdict> {
  const says: string[] = [];
  for (const node of nodes.values()) {
    const answer = await node.get<{ items: unknown[] }>('/evidence');
    if (answer === undefined) says.push(`${node.name} did not answer`);
    else if (answer.items.length > 0) says.push(`${node.name} has ${JSON.stringify(answer.items[0])}`);
  }
  return verdict('no evidence against any validator', says, `asked ${nodes.size} nodes`);
}

async function checkReady({ nodes, signal }: RunContext, level: number | undefined): Promise<Verdict> {
  const says: string[] = level === undefined ? ['the nodes are not at one height'] : [];
  for (const node of nodes.values()) {
    if (node.ended !== undefined) says.push(node.ended);
    else if ((await msUntil(() => node.isReady(), READY_MS, signal)) === undefined) {
      const answer = await fetch(`${node.url}/health/ready`).then((response) => response.text(), String);
      says.push(`${node.name} is not ready: ${answer}`);
    }
  }
  return verdict('every node runs and is ready at the end', says, `${nodes.size} nodes`);
}

/** The blocks below a snapshot are not fetched: who has the first one has executed all. */
async function checkSynced(nodes: readonly ChaosNode[], height: number): Promise<Verdict> {
  const says: string[] = [];
  for (const node of nodes) {
    if ((await node.get(`/blocks/${height}`)) === undefined) says.push(`${node.name} lacks height ${height}`);
    if ((await node.get('/blocks/1')) !== undefined) says.push(`${node.name} has executed all blocks`);
  }
  return verdict(
    'a node that syncs the state begins at a snapshot',
    says,
    nodes.map(({ name }) => name).join(),
  );
}

function verdict(invariant: string, faults: readonly string[], otherwise: string): Verdict {
  const holds = faults.length === 0;
  return { invariant, holds, says: holds ? [otherwise] : faults };
}
