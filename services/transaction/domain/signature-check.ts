import type { SignatureCheck, SignatureVerifier } from '#kernel';
import type { Transaction } from './transaction.ts';

/** What must hold for the transaction to be its sender's. */
export function signatureCheckOf(transaction: Transaction): Required<SignatureCheck> {
  const { senderKeyType, senderKey, digest, signature } = transaction;
  return { keyType: senderKeyType, publicKey: senderKey, digest, signature };
}

/** VAL-4: all signatures of a transaction: its sender's, and that of a consensus key that it brings. */
function checksOf(transaction: Transaction): SignatureCheck[] {
  const { payload, possessionDigest } = transaction;
  const sender = signatureCheckOf(transaction);
  if (possessionDigest === undefined || !('proof' in payload)) return [sender];
  return [sender, { publicKey: payload.publicKey, digest: possessionDigest, signature: payload.proof }];
}

/**
 * Verifies all signatures of transactions together.
 *
 * @returns for each transaction whether all of its signatures are valid
 * @throws `signature.budget-exhausted` as `SignatureVerifier.verifyBatch` does
 */
export async function verifySignatures(
  verifier: Pick<SignatureVerifier, 'verifyBatch'>,
  transactions: readonly Transaction[],
  source: string,
): Promise<boolean[]> {
  const checks = transactions.map(checksOf);
  const valid = await verifier.verifyBatch(checks.flat(), source);
  let next = 0;
  return checks.map((own) => {
    const answers = valid.slice(next, next + own.length);
    next += own.length;
    return answers.length === own.length && answers.every(Boolean);
  });
}
