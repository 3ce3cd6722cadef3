import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import type { DialTarget } from './dialler.ts';
import { networkError } from './errors.ts';

const HOSTS: ReadonlySet<string> = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6']);

/** What to dial for the text of a multiaddr `/HOST/tcp/PORT/p2p/ID`; undefined for any other text. */
function dialTargetOf(text: string): DialTarget | undefined {
  try {
    const address = multiaddr(text);
    const [host, tcp, p2p, ...more] = address.getComponents();
    if (host === undefined || !HOSTS.has(host.name) || tcp?.name !== 'tcp' || p2p?.name !== 'p2p')
      return undefined;
    if (more.length > 0 || p2p.value === undefined) return undefined;
    // Throws for what is no peer id; one identity has several texts, and peers are known by this one.
    return { peer: peerIdFromString(p2p.value).toString(), address };
  } catch {
    // The libraries throw for malformed text.
    return undefined;
  }
}

/** @throws `network.malformed-address` */
export function requireDialTarget(text: string): DialTarget {
  const target = dialTargetOf(text);
  if (target !== undefined) return target;
  throw networkError(
    'malformed-address',
    `${JSON.stringify(text.slice(0, 200))} is not the address of a peer; write /ip4/ADDRESS/tcp/PORT/p2p/ID`,
  );
}

/** The peer id in the text of a peer's multiaddr; undefined when it is not one. */
export function peerIdOfAddress(text: string): string | undefined {
  return dialTargetOf(text)?.peer;
}
