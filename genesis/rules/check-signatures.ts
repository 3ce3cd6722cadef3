import {
  addressOfKey,
  equalBytes,
  formatAddress,
  isStrongEd25519Key,
  toHex,
  type SignatureCheck,
  type SignatureVerifier,
} from '#kernel';
import { VALIDATORS_MAX } from '#services/validator';
import { UNHASHABLE } from '../document/canonical.ts';
import { declarationDigest } from '../document/declaration.ts';
import type { GenesisModel, ModelValidator } from '../document/model.ts';
import { possessionDigest } from '../document/possession.ts';
import { pointer, type Findings } from '../report/findings.ts';
import type { Progress } from '../report/progress.ts';
import type { SignatureCounts } from '../report/report.ts';

/**
 * What checks the signatures of a document. Its answers are those of `verifyAccountSignature`, and it has no budget:
 * the number of signatures is bounded.
 */
export type GenesisVerifier = Pick<SignatureVerifier, 'verifyBatch'>;

/** Validators between two looks at the progress. */
const BATCH_VALIDATORS = 64;
const SOURCE = 'genesis';

/** A signature to check, and what to do when it does not hold. */
interface Claim {
  readonly check: SignatureCheck;
  readonly refuse: () => void;
}

/** Keys of the validators and what is signed with them; counts the signatures of the declarations. */
export async function checkSignatures(
  model: GenesisModel,
  findings: Findings,
  verifier: GenesisVerifier,
  progress: Progress,
): Promise<SignatureCounts> {
  const check = new DeclarationChecks(model, findings);
  // Signatures are what takes time: a hostile document does not choose how many are checked.
  const length = Math.min(model.validators.length, VALIDATORS_MAX);
  check.counts.uncheckable += model.validators.length - length;
  for (let from = 0; from < length; from += BATCH_VALIDATORS) {
    progress.at(from, length);
    const batch = model.validators.slice(from, Math.min(from + BATCH_VALIDATORS, length));
    const claims = batch.flatMap((validator) =>
      check.possession(validator).concat(check.declaration(validator)),
    );
    const answers = await verifier.verifyBatch(
      claims.map((claim) => claim.check),
      SOURCE,
    );
    for (const [i, { refuse }] of claims.entries()) if (answers[i] !== true) refuse();
  }
  return check.counts;
}

/** What the keys of one validator claim; faults that need no signature are noted at once. */
class DeclarationChecks {
  readonly counts = { valid: 0, invalid: 0, uncheckable: 0 };
  readonly #chainId: string | undefined;
  readonly #findings: Findings;
  readonly #hashable: boolean;

  constructor({ chainId }: GenesisModel, findings: Findings) {
    this.#chainId = chainId;
    this.#findings = findings;
    this.#hashable = !UNHASHABLE.some((rule) => findings.has(rule));
  }

  /** That whoever declares the consensus key holds it. */
  possession({ path, publicKey, proof, operator }: ModelValidator): Claim[] {
    if (publicKey === undefined) return [];
    const key = toHex(publicKey);
    if (!isStrongEd25519Key(publicKey)) {
      this.#findings.add(
        'genesis.weak-key',
        `${path}/consensusKey/value`,
        `the key ${key} is not a point of large order: under it anybody could sign`,
      );
      return [];
    }
    const chainId = this.#chainId;
    if (proof === undefined || operator === undefined || chainId === undefined) return [];
    const refuse = (): void =>
      this.#findings.add(
        'genesis.possession',
        pointer(path, 'proofOfPossession'),
        `the signature is not of the key ${key} for this operator and "${chainId}"; the validator signs it anew`,
      );
    return [
      {
        check: { publicKey, digest: possessionDigest(publicKey, operator, chainId), signature: proof },
        refuse,
      },
    ];
  }

  /** That the operator signed the whole declaration, with the key that its address is of. */
  declaration(validator: ModelValidator): Claim[] {
    const { path, operator, operatorKey, signature, declaration } = validator;
    const chainId = this.#chainId;
    const isReadable = operator !== undefined && operatorKey !== undefined && signature !== undefined;
    if (!isReadable || chainId === undefined || !this.#hashable) {
      this.counts.uncheckable++;
      return [];
    }
    const { type, value } = operatorKey;
    const fault = keyFault(operator, type, value);
    if (fault !== undefined) {
      this.counts.invalid++;
      this.#findings.add(fault.rule, `${path}/operatorKey/value`, fault.message);
      return [];
    }
    this.counts.valid++;
    const refuse = (): void => {
      this.counts.valid--;
      this.counts.invalid++;
      this.#findings.add(
        'genesis.declaration-signature',
        pointer(path, 'signature'),
        `the operator ${formatAddress(operator)} has signed another declaration than this, or for another chain than "${chainId}"`,
      );
    };
    const digest = declarationDigest(chainId, declaration);
    return [{ check: { publicKey: value, keyType: type, digest, signature }, refuse }];
  }
}

function keyFault(operator: Uint8Array, type: 'ed25519' | 'secp256k1', key: Uint8Array) {
  if (type === 'ed25519' && !isStrongEd25519Key(key)) {
    const message = `under the key ${toHex(key)} anybody could sign: it is not a point of large order`;
    return { rule: 'genesis.weak-key' as const, message };
  }
  const owner = addressOfKey(type, key);
  if (equalBytes(owner, operator)) return undefined;
  const message = `the key is that of ${formatAddress(owner)}, not of ${formatAddress(operator)}`;
  return { rule: 'genesis.operator-key' as const, message };
}
