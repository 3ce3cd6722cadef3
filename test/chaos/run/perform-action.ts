import { linksOf } from '../manifest/links.ts';
import type { Action } from '../manifest/schema.ts';
import type { ChaosNode } from '../nodes/chaos-node.ts';
import { msUntil, sleep } from './await-condition.ts';
import { nodeOf, type RunContext } from './run-context.ts';

const START_MS = 60_000;

/**
 * Does one thing to the network, lets it last, and undoes it. Returns what went wrong with it.
 *
 * @throws `chaos.stopped`, `chaos.not-in-time`
 */
export async function performAction(context: RunContext, action: Action): Promise<string[]> {
  const { faults, manifest, signal } = context;
  const names = Object.keys(manifest.nodes);
  switch (action.do) {
    case 'kill':
      await each(context, action.nodes, (node) => node.kill());
      await sleep(action.forSeconds * 1_000, signal);
      await each(context, action.nodes, (node) => node.start());
      return [];
    case 'pause':
      return pauseNodes(context, action);
    case 'restart':
      return restart(context, action.nodes);
    case 'upgrade':
      for (const name of action.nodes) nodeOf(context, name).install(context.tree);
      return restart(context, action.nodes);
    case 'clock':
      return setClock(context, action);
    case 'slow': {
      const links = linksOf(action, names);
      const { delayMs = 0, jitterMs = 0, kibPerSecond } = action;
      await faults.slow(links, { delayMs, jitterMs, kibPerSecond });
      await sleep(action.forSeconds * 1_000, signal);
      await faults.heal(links);
      return [];
    }
    case 'disconnect': {
      const links = linksOf(action, names);
      const unaware = new Set(action.around ?? action.between?.[0] ?? action.from ?? []);
      await faults.cut(links, action.how ?? 'silent', unaware);
      await sleep(action.forSeconds * 1_000, signal);
      await faults.heal(links);
      return [];
    }
    default: {
      const nothing: never = action;
      return nothing;
    }
  }
}

async function pauseNodes(
  context: RunContext,
  { nodes, forSeconds }: Extract<Action, { do: 'pause' }>,
): Promise<string[]> {
  await each(context, nodes, (node) => node.pause());
  await sleep(forSeconds * 1_000, context.signal);
  await each(context, nodes, (node) => node.resume());
  return [];
}

async function restart(context: RunContext, names: readonly string[]): Promise<string[]> {
  const findings: string[] = [];
  await each(context, names, async (node) => {
    if (!(await node.stop())) findings.push(`${node.name} did not stop when it was asked to, and was killed`);
    await node.start();
  });
  return findings;
}

async function setClock(
  context: RunContext,
  { nodes, offsetSeconds, forSeconds, how = 'jump' }: Extract<Action, { do: 'clock' }>,
): Promise<string[]> {
  const findings: string[] = [];
  const set = async (name: string, seconds: number): Promise<void> => {
    const node = nodeOf(context, name);
    if (how === 'jump') {
      await node.jumpClock(seconds);
      return;
    }
    node.setOffset(seconds);
    findings.push(...(await restart(context, [name])));
    // The clock is wrong from now on, and not from the moment at which a slow machine began to load the program.
    const answers = await msUntil(
      async () => (await node.get('/status')) !== undefined,
      START_MS,
      context.signal,
    );
    if (answers === undefined) findings.push(`${name} did not answer within ${START_MS} ms of its start`);
  };
  const usual = (name: string): number => context.manifest.nodes[name]?.clockOffsetSeconds ?? 0;
  await Promise.all(nodes.map((name) => set(name, offsetSeconds)));
  await sleep(forSeconds * 1_000, context.signal);
  await Promise.all(nodes.map((name) => set(name, usual(name))));
  return findings;
}

async function each(
  context: RunContext,
  names: readonly string[],
  act: (node: ChaosNode) => void | Promise<void>,
): Promise<void> {
  await Promise.all(names.map(async (name) => act(nodeOf(context, name))));
}
