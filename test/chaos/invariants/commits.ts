import { createApi, createLightClient, restLightSource } from '#client';
import { fromHex } from '#kernel';
import { nativeVerifier, systemClock } from '#runtime';
import type { ChaosNode } from '../nodes/chaos-node.ts';
import type { ChainOfHomes } from '../nodes/homes.ts';
import type { Verdict } from '../run/report.ts';

const TRUSTING_PERIOD_MS = 86_400_000;
/** A node may have run ahead of the machine's clock when it proposed. */
const CLOCK_DRIFT_MS = 30_000;

/**
 * A light client that trusts the genesis alone verifies the commit of every height on one node, and that all
 * others have the same.
 */
export async function checkCommits(
  nodes: readonly ChaosNode[],
  chain: ChainOfHomes,
  height: number,
): Promise<Verdict> {
  const invariant = 'the commit of every height carries more than two thirds of the power';
  const identity = { chainId: chain.chainId, genesisHash: fromHex(chain.genesisHash) };
  const first = await oneWithAllBlocks(nodes);
  if (first === undefined) return { invariant, holds: false, says: ['no node has the first block'] };
  const source = ({ url }: ChaosNode) => restLightSource(createApi({ url }), identity);
  const rules = { trustingPeriodMs: TRUSTING_PERIOD_MS, clockDriftMs: CLOCK_DRIFT_MS };
  const trust = {
    kind: 'genesis' as const,
    initialHeight: 1,
    timeMs: chain.timeMs,
    validators: chain.validators,
  };
  const witnesses = nodes.filter((node) => node !== first);
  const client = createLightClient({ identity, trust, rules })({
    primary: source(first),
    witnesses: witnesses.map(source),
    clock: systemClock,
    verifier: nativeVerifier,
  });
  let at = 1;
  try {
    for (; at <= height; at++) await client.verifiedAt(at);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { invariant, holds: false, says: [`height ${at} on ${first.name}: ${why}`] };
  }
  const what = `${height} heights of ${first.name}, with ${client.witnesses().length} witnesses`;
  return { invariant, holds: true, says: [what] };
}

async function oneWithAllBlocks(nodes: readonly ChaosNode[]): Promise<ChaosNode | undefined> {
  for (const node of nodes) if ((await node.get('/blocks/1')) !== undefined) return node;
  return undefined;
}
