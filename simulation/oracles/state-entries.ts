import { createHash } from 'node:crypto';
import { toHex } from '#kernel';
import type { Machine } from '../node/machine.ts';
import type { MakeOracle } from './oracle.ts';

/**
 * Correct nodes that end at one height have the same entries of the state on their disks, byte for byte: an entry that
 * a crash or a snapshot left over stands in no tree, and no root tells of it.
 */
export const stateEntries: MakeOracle = (context) => {
  /** The first node of each height, with the digest of what it has. */
  const first = new Map<number, { readonly node: string; readonly digest: string }>();
  return {
    id: 'state-entries',
    observe: () => undefined,
    async finish() {
      for (const machine of context.machines) {
        if (machine.isByzantine || machine.node === undefined) continue;
        const own = { node: machine.name, digest: await digestOf(machine) };
        const other = first.get(machine.height);
        if (other !== undefined && other.digest !== own.digest)
          return difference(context.machines, other, own);
        first.set(machine.height, other ?? own);
      }
      return undefined;
    },
  };
};

async function digestOf(machine: Machine): Promise<string> {
  const digest = createHash('sha256');
  for (const [key, value] of await machine.disk.stateEntries()) digest.update(`${key}=${toHex(value)};`);
  return digest.digest('hex');
}

async function difference(
  machines: readonly Machine[],
  ...nodes: readonly { readonly node: string }[]
): Promise<string> {
  const found = nodes.map(({ node }) => machines.find(({ name }) => name === node) as Machine);
  const [one, other] = await Promise.all(found.map(async ({ disk }) => new Map(await disk.stateEntries())));
  const keys = [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])];
  const key = keys.find((each) => textOf(one?.get(each)) !== textOf(other?.get(each)));
  const [a, b] = nodes.map(({ node }) => node);
  return `at one height ${a} has ${textOf(one?.get(key ?? ''))} under ${key}, ${b} has ${textOf(other?.get(key ?? ''))}`;
}

function textOf(value: Uint8Array | undefined): string {
  return value === undefined ? 'nothing' : toHex(value);
}
