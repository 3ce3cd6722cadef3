import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { CutKind, Faults, LinkShape, Placement } from './faults.ts';
import type { DirectedLink } from '../manifest/links.ts';
import { Link } from './link.ts';
import { Passage } from './passage.ts';

export interface ProxyNode {
  readonly name: string;
  readonly peerPort: number;
  readonly apiPort: number;
}

/**
 * A proxy for each pair of a node that dials and one that listens: no node knows the real address of another,
 * so a cut really cuts. Works wherever there is TCP.
 */
export class ProxyFaults implements Faults {
  readonly kind = 'proxy';
  readonly why: string;
  readonly #nodes: readonly ProxyNode[];
  readonly #chance: () => number;
  readonly #links = new Map<string, Link>();
  readonly #doors = new Map<string, { server: Server; port: number }>();
  readonly #passages = new Set<Passage>();

  private constructor(nodes: readonly ProxyNode[], why: string, chance: () => number) {
    this.#nodes = nodes;
    this.why = why;
    this.#chance = chance;
  }

  static async open(nodes: readonly ProxyNode[], why: string, chance: () => number): Promise<ProxyFaults> {
    const faults = new ProxyFaults(nodes, why, chance);
    const names = nodes.map(({ name }) => name);
    for (const from of names) {
      for (const to of names) if (from !== to) faults.#links.set(`${from} ${to}`, new Link(from, to));
    }
    for (const from of names) {
      for (const node of nodes) if (from !== node.name) await faults.#open(from, node);
    }
    return faults;
  }

  placement(name: string): Placement {
    const node = this.#nodes.find((known) => known.name === name);
    if (node === undefined) throw new RangeError(`no node ${name}`);
    const others = this.#nodes.filter((other) => other !== node);
    return {
      listen: `/ip4/127.0.0.1/tcp/${node.peerPort}`,
      api: `127.0.0.1:${node.apiPort}`,
      dial: Object.fromEntries(
        others.map((other) => [
          other.name,
          `/ip4/127.0.0.1/tcp/${this.#doors.get(`${name} ${other.name}`)?.port ?? 0}`,
        ]),
      ),
      prefix: [],
    };
  }

  async cut(links: readonly DirectedLink[], how: CutKind, unaware: ReadonlySet<string>): Promise<void> {
    for (const link of this.#each(links)) link.setCut(how, unaware);
  }

  async slow(links: readonly DirectedLink[], shape: LinkShape): Promise<void> {
    for (const link of this.#each(links)) link.setShape(shape);
  }

  async heal(links: readonly DirectedLink[]): Promise<void> {
    for (const link of this.#each(links)) link.heal();
  }

  bytes(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#links].map(([name, { bytes }]) => [name, bytes]));
  }

  async close(): Promise<void> {
    const closed = [...this.#doors.values()].map(async ({ server }) => {
      server.close();
      await once(server, 'close');
    });
    for (const passage of this.#passages) passage.destroy();
    await Promise.all(closed);
  }

  #each(links: readonly DirectedLink[]): Link[] {
    return links.flatMap(([from, to]) => this.#links.get(`${from} ${to}`) ?? []);
  }

  async #open(from: string, { name: to, peerPort }: ProxyNode): Promise<void> {
    const forth = this.#links.get(`${from} ${to}`);
    const back = this.#links.get(`${to} ${from}`);
    if (forth === undefined || back === undefined) return;
    const onEnd = (passage: Passage): void => void this.#passages.delete(passage);
    const chance = this.#chance;
    const accept = (near: Socket): void => {
      const passage = new Passage({ near, port: peerPort, forth, back, chance, onEnd });
      this.#passages.add(passage);
    };
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    this.#doors.set(`${from} ${to}`, { server, port });
  }
}
