import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Manifest } from '../manifest/schema.ts';

/** Tells the process that is started anew in namespaces that it is. */
const MARK = 'CHAOS_IN_NAMESPACES';
const UNSHARE = ['--user', '--map-root-user', '--net', '--mount'];
const PROBE = `mount -t tmpfs tmpfs /run && ip netns add probe && ip link add probe type veth peer name peer netns probe`;
const PROBE_SLOW = `tc qdisc add dev probe root netem delay 1ms`;

export function isInNamespaces(): boolean {
  return process.env[MARK] === '1';
}

/** Why a manifest cannot run in network namespaces on this machine; undefined when it can. */
export function whyNotNamespaces({ perturb }: Pick<Manifest, 'perturb'>): string | undefined {
  const actions = perturb.flatMap((step) => step.actions);
  const tells = actions.some((action) => action.do === 'disconnect' && (action.how ?? 'silent') !== 'silent');
  if (tells) return 'a namespace loses packets and tells nobody, and the manifest resets connections';
  if (process.platform !== 'linux') return 'there are no network namespaces on this system';
  const probe = (script: string): string | undefined => {
    const { status, error, stderr } = spawnSync('unshare', [...UNSHARE, 'sh', '-c', script], {
      encoding: 'utf8',
    });
    if (status === 0) return undefined;
    return (error?.message ?? stderr.trim().split('\n').at(-1)) || `exit code ${status}`;
  };
  const refusal = probe(PROBE);
  if (refusal !== undefined) return `this machine lets no namespaces be made (${refusal})`;
  if (!actions.some(({ do: kind }) => kind === 'slow')) return undefined;
  const noNetem = probe(`${PROBE} && ${PROBE_SLOW}`);
  return noNetem === undefined
    ? undefined
    : `this kernel has no netem, and the manifest slows links (${noNetem})`;
}

/** Runs this very command again in namespaces of its own; resolves to its exit code. */
export async function enterNamespaces(): Promise<number> {
  const parameters = [...UNSHARE, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn('unshare', parameters, { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } });
  // A terminal's Ctrl-C reaches both; what is sent to this process alone is handed on.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
