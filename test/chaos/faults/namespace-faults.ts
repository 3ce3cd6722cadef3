import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DirectedLink } from '../manifest/links.ts';
import type { CutKind, Faults, LinkShape, Placement } from './faults.ts';

const run = promisify(execFile);

const PEER_PORT = 26_656;
const API_PORT = 8_080;
/** Of no machine: what is sent there is lost, and nobody is told. */
const NOWHERE = '02:00:00:00:00:99';

/** One end of a cable: the namespace and device of `from`, and the address of `to` at the other end. */
interface End {
  readonly namespace: string;
  readonly device: string;
  readonly address: string;
}

/**
 * A network namespace for each node, and a cable (veth) between each two: real packets that are really lost. Made
 * for a process that is itself in a user, network and mount namespace of its own, so that nothing is left behind
 * however it ends.
 */
export class NamespaceFaults implements Faults {
  readonly kind = 'namespaces';
  readonly why: string;
  readonly #nodes: readonly string[];
  readonly #ends = new Map<string, End>();

  private constructor(nodes: readonly string[], why: string) {
    this.#nodes = nodes;
    this.why = why;
  }

  static async open(nodes: readonly string[], why: string): Promise<NamespaceFaults> {
    const faults = new NamespaceFaults(nodes, why);
    // Where `ip netns` keeps its names; only this process and its children see it.
    await run('mount', ['-t', 'tmpfs', 'tmpfs', '/run']);
    await ip('link', 'set', 'lo', 'up');
    for (const [index] of nodes.entries()) await faults.#addNode(index);
    for (const [first] of nodes.entries()) {
      for (let second = first + 1; second < nodes.length; second++) await faults.#addCable(first, second);
    }
    return faults;
  }

  placement(name: string): Placement {
    const index = this.#nodes.indexOf(name);
    const others = this.#nodes.filter((other) => other !== name);
    return {
      listen: `/ip4/0.0.0.0/tcp/${PEER_PORT}`,
      api: `10.201.${index}.2:${API_PORT}`,
      dial: Object.fromEntries(
        others.map((other) => [other, `/ip4/${this.#end(name, other).address}/tcp/${PEER_PORT}`]),
      ),
      prefix: ['ip', 'netns', 'exec', namespaceOf(index)],
    };
  }

  /** Only silent ones: see `whyNotNamespaces`. */
  async cut(links: readonly DirectedLink[], how: CutKind): Promise<void> {
    if (how !== 'silent') throw new RangeError(`a cut of namespaces is never ${how}`);
    for (const [from, to] of links) {
      const { namespace, device, address } = this.#end(from, to);
      await ip(
        '-n',
        namespace,
        'neigh',
        'replace',
        address,
        'lladdr',
        NOWHERE,
        'dev',
        device,
        'nud',
        'permanent',
      );
    }
  }

  async slow(links: readonly DirectedLink[], shape: LinkShape): Promise<void> {
    const { delayMs, jitterMs, kibPerSecond } = shape;
    const rate = kibPerSecond === undefined ? [] : ['rate', `${Math.ceil(kibPerSecond * 8.192)}kbit`];
    for (const [from, to] of links) {
      const { namespace, device } = this.#end(from, to);
      const delay = ['delay', `${delayMs}ms`, `${jitterMs}ms`];
      await run('tc', [
        '-n',
        namespace,
        'qdisc',
        'replace',
        'dev',
        device,
        'root',
        'netem',
        ...delay,
        ...rate,
      ]);
    }
  }

  async heal(links: readonly DirectedLink[]): Promise<void> {
    for (const [from, to] of links) {
      const { namespace, device, address } = this.#end(from, to);
      // Either may not be there: it is one of cut and slow that is healed.
      await ip('-n', namespace, 'neigh', 'del', address, 'dev', device).catch(() => {});
      await run('tc', ['-n', namespace, 'qdisc', 'del', 'dev', device, 'root']).catch(() => {});
    }
  }

  bytes(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    // The namespaces go with the last process in them; those of this process go with it.
  }

  #end(from: string, to: string): End {
    const end = this.#ends.get(`${from} ${to}`);
    if (end === undefined) throw new RangeError(`no cable from ${from} to ${to}`);
    return end;
  }

  /** A namespace, and the cable over which the runner asks the API; no fault is about it. */
  async #addNode(index: number): Promise<void> {
    const namespace = namespaceOf(index);
    await ip('netns', 'add', namespace);
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    await ip('link', 'add', `n${index}`, 'type', 'veth', 'peer', 'name', 'api', 'netns', namespace);
    await ip('addr', 'add', `10.201.${index}.1/30`, 'dev', `n${index}`);
    await ip('link', 'set', `n${index}`, 'up');
    await ip('-n', namespace, 'addr', 'add', `10.201.${index}.2/30`, 'dev', 'api');
    await ip('-n', namespace, 'link', 'set', 'api', 'up');
  }

  async #addCable(first: number, second: number): Promise<void> {
    const subnet = `10.200.${this.#ends.size / 2}`;
    const sides = [
      { namespace: namespaceOf(first), device: `p${second}`, own: `${subnet}.1`, address: `${subnet}.2` },
      { namespace: namespaceOf(second), device: `p${first}`, own: `${subnet}.2`, address: `${subnet}.1` },
    ] as const;
    const [a, b] = sides;
    const peer = ['peer', 'name', b.device, 'netns', b.namespace];
    await ip('-n', a.namespace, 'link', 'add', a.device, 'type', 'veth', ...peer);
    for (const { namespace, device, own } of sides) {
      await ip('-n', namespace, 'addr', 'add', `${own}/30`, 'dev', device);
      await ip('-n', namespace, 'link', 'set', device, 'up');
    }
    this.#ends.set(`${this.#nodes[first]} ${this.#nodes[second]}`, a);
    this.#ends.set(`${this.#nodes[second]} ${this.#nodes[first]}`, b);
  }
}

function namespaceOf(index: number): string {
  return `node-${index}`;
}

async function ip(...parameters: string[]): Promise<void> {
  await run('ip', parameters);
}
