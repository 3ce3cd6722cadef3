import type { LinkAction } from './schema.ts';

/** From whom, to whom: what the first says reaches the second over it. */
export type DirectedLink = readonly [from: string, to: string];

/** The links that an action is about, each way by itself. */
export function linksOf(
  { around, between, from, to }: Pick<LinkAction, 'around' | 'between' | 'from' | 'to'>,
  nodes: readonly string[],
): DirectedLink[] {
  const links: DirectedLink[] = [];
  const group = (name: string): number => between?.findIndex((names) => names.includes(name)) ?? -1;
  for (const a of nodes) {
    for (const b of nodes) {
      if (a === b) continue;
      const isAround = around !== undefined && (around.includes(a) || around.includes(b));
      const isBetween = between !== undefined && group(a) >= 0 && group(b) >= 0 && group(a) !== group(b);
      const isOneWay = from?.includes(a) === true && to?.includes(b) === true;
      if (isAround || isBetween || isOneWay) links.push([a, b]);
    }
  }
  return links;
}
