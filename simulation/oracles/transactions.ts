import type { MakeOracle } from './oracle.ts';

interface Accepted {
  readonly sender: string;
  readonly nonce: number;
  readonly validUntil: number;
  /** Nodes that acknowledged it and have it in their journal, and those that only hold it in memory. */
  readonly journals: Set<string>;
  readonly memories: Set<string>;
}

/**
 * What a node accepted becomes final, or expires: an acknowledgement survives the process and the power. Excused: what
 * only nodes held that had not acknowledged it and ended since, and what waits behind it in its sender's order.
 */
export const transactions: MakeOracle = (context) => {
  const accepted = new Map<string, Accepted>();
  const final = new Set<string>();
  let height = 0;

  function isExcused({ sender, nonce }: Accepted): boolean {
    return [...accepted.values()].some(
      (other) =>
        other.sender === sender &&
        other.nonce <= nonce &&
        other.journals.size === 0 &&
        other.memories.size === 0,
    );
  }

  function owed(): [string, Accepted][] {
    return [...accepted].filter(([, entry]) => entry.validUntil > height && !isExcused(entry));
  }

  return {
    id: 'transactions',
    observe(event) {
      switch (event.kind) {
        case 'submitted': {
          const isKnown = event.refused === 'mempool.already-known';
          // A node that is behind takes what is final elsewhere.
          const isFinal = final.has(event.id);
          if (isFinal || (event.refused !== undefined && !isKnown)) return undefined;
          const { sender, nonce, validUntil, id, node } = event;
          const fresh = {
            sender,
            nonce,
            validUntil,
            journals: new Set<string>(),
            memories: new Set<string>(),
          };
          const entry = accepted.get(id) ?? fresh;
          if (!isKnown) entry.journals.add(node);
          else if (!entry.journals.has(node)) entry.memories.add(node);
          accepted.set(id, entry);
          return undefined;
        }
        case 'ended':
          for (const entry of accepted.values()) entry.memories.delete(event.node);
          return undefined;
        case 'final':
          if (!context.isCorrect(event.node) || event.block.header.height <= height) return undefined;
          ({ height } = event.block.header);
          for (const { id } of event.block.transactions) {
            final.add(id);
            accepted.delete(id);
          }
          return undefined;
        default:
          return undefined;
      }
    },
    isOwed(id) {
      const entry = accepted.get(id);
      return entry !== undefined && (entry.journals.size > 0 || entry.memories.size > 0);
    },
    isSettled: () => owed().length === 0,
    async finish() {
      const [first, ...others] = owed();
      if (first === undefined) return undefined;
      const [id, { sender, nonce, journals }] = first;
      return (
        `${others.length + 1} accepted transactions did not become final, the first is ${id} ` +
        `of ${sender.slice(0, 8)} nonce ${nonce}, accepted by ${[...journals].join(', ')}`
      );
    },
  };
};
