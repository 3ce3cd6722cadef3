import { listProof } from '#kernel';
import { receiptRootItems } from '#services/blockchain';
import { hashTransaction } from '#services/transaction';
import type { Header } from '../domain/types.ts';
import type { Chain } from './face.ts';

/** What is final of a height: undefined for what is not, or is pruned. */
export interface FinalContent {
  header(height: number): Promise<Header | undefined>;
  transactions(height: number): Promise<readonly Uint8Array[] | undefined>;
  receipts(height: number): Promise<readonly Uint8Array[] | undefined>;
  events(height: number): Promise<readonly Uint8Array[] | undefined>;
}

/** Proofs that something stands in a block. */
export function createProofs(content: FinalContent): Pick<Chain, 'transactionProof' | 'receiptProof'> {
  return {
    async transactionProof(height, index) {
      const [header, encoded] = await Promise.all([content.header(height), content.transactions(height)]);
      if (header === undefined || encoded?.[index] === undefined) return undefined;
      const hashes = encoded.map(hashTransaction);
      const item = hashes[index] as Uint8Array;
      return { rootHeight: height, root: header.transactionRoot, item, proof: listProof(hashes, index) };
    },
    async receiptProof(height, index) {
      const [next, receipts] = await Promise.all([content.header(height + 1), content.receipts(height)]);
      const events = await content.events(height);
      const item = receipts?.[index];
      if (next === undefined || receipts === undefined || item === undefined) return undefined;
      if (events === undefined) return undefined;
      const proof = listProof(receiptRootItems(receipts, events), index);
      return { rootHeight: height + 1, root: next.receiptRoot, item, proof };
    },
  };
}
