import { freePort } from '../../harness/network.ts';
import { chaosError } from '../errors.ts';
import type { Manifest } from '../manifest/schema.ts';
import { isInNamespaces, whyNotNamespaces } from './enter-namespaces.ts';
import type { Faults } from './faults.ts';
import { NamespaceFaults } from './namespace-faults.ts';
import { ProxyFaults, type ProxyNode } from './proxy-faults.ts';

export const NETWORKS = ['auto', 'proxy', 'namespaces'] as const;
export type NetworkKind = (typeof NETWORKS)[number];

/** How the network of a run is broken, and why so. */
export interface NetworkChoice {
  readonly kind: Faults['kind'];
  readonly why: string;
}

/**
 * Namespaces where the machine and the manifest allow them, proxies elsewhere.
 *
 * @throws `chaos.not-possible-here` when namespaces are asked for and are not possible
 */
export function chooseNetwork(asked: NetworkKind, manifest: Pick<Manifest, 'perturb'>): NetworkChoice {
  const fits = { kind: 'namespaces', why: 'the machine has them, and the manifest fits' } as const;
  // The process that started this one has looked.
  if (isInNamespaces()) return fits;
  if (asked === 'proxy') return { kind: 'proxy', why: 'it was asked for' };
  const obstacle = whyNotNamespaces(manifest);
  if (obstacle === undefined) return fits;
  if (asked === 'auto') return { kind: 'proxy', why: obstacle };
  throw chaosError('not-possible-here', `${obstacle}; use --network proxy`);
}

/** @throws `chaos.not-possible-here` for namespaces in a process that is in none of its own */
export async function openFaults(
  manifest: Manifest,
  { kind, why }: NetworkChoice,
  chance: () => number,
): Promise<Faults> {
  const names = Object.keys(manifest.nodes);
  if (kind === 'namespaces') {
    if (!isInNamespaces())
      throw chaosError('not-possible-here', 'namespaces are entered by the command only');
    return NamespaceFaults.open(names, why);
  }
  const nodes: ProxyNode[] = [];
  for (const name of names) nodes.push({ name, peerPort: await freePort(), apiPort: await freePort() });
  return ProxyFaults.open(nodes, why, chance);
}
