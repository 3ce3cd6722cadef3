import { nearest } from '../../../node/configuration/nearest.ts';
import { recoverySeconds, stoppedSeconds, validatorsOf } from './quorum.ts';
import type { Action, Manifest, Step } from './schema.ts';

/** What is wrong with a manifest of the right shape; empty when it can be run. */
export function checkManifest(manifest: Manifest): string[] {
  return [
    ...checkNodes(manifest),
    ...manifest.perturb.flatMap((step, index) => checkStep(manifest, step, `perturb[${index}]`)),
  ];
}

function checkNodes({ nodes, settings }: Manifest): string[] {
  const findings: string[] = [];
  const entries = Object.entries(nodes);
  for (const [name, node] of entries) {
    const at = `nodes.${name}`;
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(name))
      findings.push(`${at}: name it in lower-case letters and digits`);
    if (node.role === 'full' && node.power !== undefined) findings.push(`${at}.power: a full node has none`);
    if (node.sync === 'state' && node.startAt === undefined) {
      findings.push(`${at}.sync: from a snapshot there must be a chain already; give it startAt as well`);
    }
  }
  if (entries.some(([, { sync }]) => sync === 'state') && settings['snapshots.interval'] === undefined) {
    findings.push('settings: a node syncs the state, so give the others snapshots.interval');
  }
  const powers = [...validatorsOf({ nodes }).entries()];
  const total = powers.reduce((sum, [, power]) => sum + power, 0);
  const first = powers
    .filter(([name]) => nodes[name]?.startAt === undefined)
    .reduce((sum, [, power]) => sum + power, 0);
  if (powers.length === 0) findings.push('nodes: there is no validator');
  else if (first * 3 <= total * 2) {
    findings.push('nodes: the validators without startAt hold no quorum, so no height would ever come');
  }
  return findings;
}

function checkStep(manifest: Manifest, step: Step, at: string): string[] {
  const names = Object.keys(manifest.nodes);
  const findings = step.actions.flatMap((action, index) => {
    const place = step.actions.length === 1 ? at : `${at}.together[${index}]`;
    return [
      ...checkNames(action, names, place),
      ...checkLinks(action, place),
      ...checkProcesses(action, manifest, place),
    ];
  });
  const processes = step.actions.flatMap((action) => ('nodes' in action ? action.nodes : []));
  const twice = processes.find((name, index) => processes.indexOf(name) !== index);
  if (twice !== undefined) findings.push(`${at}: two actions at once are about the process of ${twice}`);
  if (findings.length > 0) return findings;
  const least = recoverySeconds(manifest, step);
  if (step.wait.withinSeconds < least) {
    const stopped = stoppedSeconds(manifest, step);
    const why =
      stopped === 0 ? 'a recovery may take so long' : `no quorum is left for up to ${stopped} seconds of it`;
    findings.push(`${at}.wait.withinSeconds: give at least ${least}; ${why}`);
  }
  return findings;
}

function checkNames(action: Action, known: readonly string[], at: string): string[] {
  const lists =
    'nodes' in action
      ? [action.nodes]
      : [action.around ?? [], action.from ?? [], action.to ?? [], ...(action.between ?? [])];
  return lists
    .flat()
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      return `${at}: there is no node ${name}${near === undefined ? '' : `; did you mean "${near}"?`}`;
    });
}

function checkLinks(action: Action, at: string): string[] {
  if (action.do !== 'disconnect' && action.do !== 'slow') return [];
  const { around, between, from, to } = action;
  const findings: string[] = [];
  const isOneWay = from !== undefined && to !== undefined;
  const ways = [around !== undefined, between !== undefined, isOneWay].filter(Boolean).length;
  if (ways !== 1 || (from === undefined) !== (to === undefined)) {
    findings.push(`${at}: say which links by around, by between, or by from and to; by one of them`);
  }
  const grouped = between?.flat() ?? [];
  if (new Set(grouped).size !== grouped.length) findings.push(`${at}.between: a node stands in two groups`);
  if (action.do === 'slow' && action.delayMs === undefined && action.kibPerSecond === undefined) {
    findings.push(`${at}: give delayMs or kibPerSecond`);
  }
  if (action.do === 'disconnect' && isOneWay && action.how !== undefined && action.how !== 'silent') {
    findings.push(`${at}.how: a connection ends both ways; one way can only be silent`);
  }
  return findings;
}

function checkProcesses(action: Action, { nodes }: Manifest, at: string): string[] {
  if (!('nodes' in action)) return [];
  const late = action.nodes
    .filter((name) => nodes[name]?.startAt !== undefined)
    .map((name) => `${at}: ${name} has startAt and may not run yet; perturb its links, or another node`);
  if (action.do !== 'upgrade') return late;
  const current = action.nodes
    .filter((name) => nodes[name] !== undefined && nodes[name].version === undefined)
    .map((name) => `${at}: ${name} runs the working tree already; give nodes.${name}.version`);
  return [...late, ...current];
}
