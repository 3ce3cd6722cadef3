import { itemProofToJson } from '../json/chain-json.ts';
import type { ChainReader } from '../ports.ts';
import { signedHeader } from './signed-header.ts';

/**
 * Proof that a transaction stands in its block and that the ledger gave it its receipt. Each part is a list
 * proof under a root of a header, that header, and the commit that makes it final. The receipt root of a block
 * is in the next header: `receipt` is null until that one is final.
 */
export async function transactionProof(chain: ChainReader, height: number, index: number) {
  const [transaction, header, receipt, receiptHeader] = await Promise.all([
    chain.transactionProof(height, index),
    signedHeader(chain, height),
    chain.receiptProof(height, index),
    signedHeader(chain, height + 1),
  ]);
  return {
    transaction:
      transaction === undefined || header === undefined
        ? null
        : { ...itemProofToJson(transaction), ...header },
    receipt:
      receipt === undefined || receiptHeader === undefined
        ? null
        : { ...itemProofToJson(receipt), ...receiptHeader },
  };
}
