import { isStrongEd25519Key, toHex, type SignatureCheck, type SignatureVerifier } from '#kernel';
import { VALIDATORS_MAX } from '#services/validator';
import type { GenesisModel } from '../document/model.ts';
import { possessionDigest } from '../document/possession.ts';
import { pointer, type Findings } from '../report/findings.ts';
import type { Progress } from '../report/progress.ts';

/** What checks the signatures of a document. Its answers are those of `verifyZip215`, and it has no budget: the number of signatures is bounded. */
export type GenesisVerifier = Pick<SignatureVerifier, 'verifyBatch'>;

/** Checks between two looks at the progress. */
const BATCH_CHECKS = 128;
const SOURCE = 'genesis';

/** A signature to check, and what to note when it does not hold. */
interface Claim {
  readonly check: SignatureCheck;
  readonly refuse: (findings: Findings) => void;
}

/** Keys of the validators and what is signed with them. */
export async function checkSignatures(
  model: GenesisModel,
  findings: Findings,
  verifier: GenesisVerifier,
  progress: Progress,
): Promise<void> {
  // Signatures are what takes time: a hostile document does not choose how many are checked.
  const { length } = model.validators.slice(0, VALIDATORS_MAX);
  for (let from = 0; from < length; from += BATCH_CHECKS) {
    progress.at(from, length);
    const claims = claimsOf(model, from, Math.min(from + BATCH_CHECKS, length), findings);
    const answers = await verifier.verifyBatch(
      claims.map(({ check }) => check),
      SOURCE,
    );
    for (const [i, { refuse }] of claims.entries()) if (answers[i] !== true) refuse(findings);
  }
}

function claimsOf(
  { chainId, validators }: GenesisModel,
  from: number,
  to: number,
  findings: Findings,
): Claim[] {
  const claims: Claim[] = [];
  for (const { path, publicKey, proof, operator } of validators.slice(from, to)) {
    if (publicKey === undefined) continue;
    if (!isStrongEd25519Key(publicKey)) {
      findings.add(
        'genesis.weak-key',
        `${path}/consensusKey/value`,
        `the key ${toHex(publicKey)} is not a point of large order: under it anybody could sign`,
      );
      continue;
    }
    if (proof === undefined || operator === undefined || chainId === undefined) continue;
    claims.push({
      check: { publicKey, digest: possessionDigest(publicKey, operator, chainId), signature: proof },
      refuse: (noted) =>
        noted.add(
          'genesis.possession',
          pointer(path, 'proofOfPossession'),
          `the signature is not of the key ${toHex(publicKey)} for this operator and "${chainId}"; the validator signs it anew`,
        ),
    });
  }
  return claims;
}
