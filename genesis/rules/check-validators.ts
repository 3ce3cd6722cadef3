import {
  addressOfKey,
  equalBytes,
  formatAddress,
  isStrongEd25519Key,
  toHex,
  verifyAccountSignature,
} from '#kernel';
import { TOTAL_POWER_MAX, VALIDATORS_MAX } from '#services/validator';
import { UNHASHABLE } from '../document/canonical.ts';
import { declarationDigest } from '../document/declaration.ts';
import type { GenesisModel, ModelValidator } from '../document/model.ts';
import { verifyPossession } from '../document/possession.ts';
import { pointer, type Findings } from '../report/findings.ts';
import type { SignatureCounts } from '../report/report.ts';
import type { RuleId } from './catalogue.ts';

/** Declarations: keys, proofs, stakes. */
export function checkValidators(model: GenesisModel, findings: Findings): SignatureCounts {
  if (model.validators.length === 0) {
    findings.add(
      'genesis.no-validators',
      '/validators',
      'no validator is declared: nobody could make a block',
    );
  }
  const hexOf = (bytes: Uint8Array | undefined): string | undefined =>
    bytes === undefined ? undefined : toHex(bytes);
  unique(model, findings, 'genesis.duplicate-operator', 'operator', ({ operator }) => hexOf(operator));
  unique(model, findings, 'genesis.duplicate-consensus-key', 'consensusKey', ({ publicKey }) =>
    hexOf(publicKey),
  );
  unique(model, findings, 'genesis.duplicate-name', 'identity/name', ({ name }) =>
    name === '' ? undefined : name.toLowerCase(),
  );
  unique(model, findings, 'genesis.duplicate-name', 'identity/contact', ({ contact }) =>
    contact?.toLowerCase(),
  );
  unique(model, findings, 'genesis.duplicate-peer', 'peer', ({ peer }) => peer);
  const balances = new Map(
    model.accounts.flatMap(({ address, balance }) =>
      address === undefined ? [] : [[toHex(address), balance] as const],
    ),
  );
  const { length: count } = model.validators;
  if (count > VALIDATORS_MAX) {
    findings.add(
      'genesis.state',
      '/validators',
      `${count} validators are declared; the ledger holds at most ${VALIDATORS_MAX}`,
    );
  }
  const signatures = { valid: 0, invalid: 0, uncheckable: 0 };
  for (const [i, validator] of model.validators.entries()) {
    // Signatures are what takes time: a hostile document does not choose how many are checked.
    if (i < VALIDATORS_MAX) {
      checkKey(model, validator, findings);
      signatures[checkSignature(model, validator, findings)]++;
    } else signatures.uncheckable++;
    checkStake(model, validator, balances, findings);
  }
  const total = model.validators.reduce((sum, validator) => sum + powerOf(model, validator), 0n);
  if (total > BigInt(TOTAL_POWER_MAX)) {
    findings.add(
      'genesis.power-overflow',
      '/ledger/powerReduction',
      `the voting power sums to ${total}; at most 2^48 is counted exactly: raise powerReduction`,
    );
  }
  return signatures;
}

/** Voting power of a stake: whole units of powerReduction. */
export function powerOf(model: GenesisModel, { stake }: ModelValidator): bigint {
  const reduction = model.ledger.powerReduction;
  return stake === undefined || reduction === undefined ? 0n : stake / reduction;
}

function unique(
  model: GenesisModel,
  findings: Findings,
  rule: RuleId,
  member: string,
  value: (validator: ModelValidator) => string | undefined,
): void {
  const seen = new Map<string, string>();
  for (const validator of model.validators) {
    const own = value(validator);
    if (own === undefined) continue;
    const first = seen.get(own);
    if (first === undefined) seen.set(own, validator.path);
    else findings.add(rule, `${validator.path}/${member}`, `"${own}" stands at ${first} already`);
  }
}

function checkKey(
  { chainId }: GenesisModel,
  { path, publicKey, proof, operator }: ModelValidator,
  findings: Findings,
): void {
  if (publicKey === undefined) return;
  if (!isStrongEd25519Key(publicKey)) {
    findings.add(
      'genesis.weak-key',
      `${path}/consensusKey/value`,
      `the key ${toHex(publicKey)} is not a point of large order: under it anybody could sign`,
    );
    return;
  }
  if (proof === undefined || operator === undefined || chainId === undefined) return;
  if (verifyPossession(publicKey, operator, chainId, proof)) return;
  findings.add(
    'genesis.possession',
    pointer(path, 'proofOfPossession'),
    `the signature is not of the key ${toHex(publicKey)} for this operator and "${chainId}"; the validator signs it anew`,
  );
}

/** The operator's signature over the whole declaration, and that the key is the operator's. */
function checkSignature(
  { chainId }: GenesisModel,
  { path, operator, operatorKey, signature, declaration }: ModelValidator,
  findings: Findings,
): keyof SignatureCounts {
  if (operator === undefined || operatorKey === undefined || signature === undefined) return 'uncheckable';
  if (chainId === undefined || UNHASHABLE.some((rule) => findings.has(rule))) return 'uncheckable';
  const { type, value } = operatorKey;
  const at = `${path}/operatorKey/value`;
  if (type === 'ed25519' && !isStrongEd25519Key(value)) {
    findings.add(
      'genesis.weak-key',
      at,
      `under the key ${toHex(value)} anybody could sign: it is not a point of large order`,
    );
    return 'invalid';
  }
  const owner = addressOfKey(type, value);
  if (!equalBytes(owner, operator)) {
    findings.add(
      'genesis.operator-key',
      at,
      `the key is that of ${formatAddress(owner)}, not of ${formatAddress(operator)}`,
    );
    return 'invalid';
  }
  if (verifyAccountSignature(type, value, declarationDigest(chainId, declaration), signature)) return 'valid';
  findings.add(
    'genesis.declaration-signature',
    pointer(path, 'signature'),
    `the operator ${formatAddress(operator)} has signed another declaration than this, or for another chain than "${chainId}"`,
  );
  return 'invalid';
}

function checkStake(
  model: GenesisModel,
  { path, operator, stake }: ModelValidator,
  balances: ReadonlyMap<string, bigint | undefined>,
  findings: Findings,
): void {
  if (operator !== undefined) {
    const id = toHex(operator);
    const balance = balances.get(id);
    if (!balances.has(id))
      findings.add(
        'genesis.operator-missing',
        pointer(path, 'operator'),
        `${formatAddress(operator)} has no account in this genesis`,
      );
    else if (stake !== undefined && balance !== undefined && stake > balance) {
      findings.add(
        'genesis.stake-not-covered',
        pointer(path, 'stake'),
        `the stake is ${stake}; the operator's balance is ${balance}`,
      );
    }
  }
  if (stake === undefined) return;
  const { minSelfStake, powerReduction } = model.ledger;
  if (minSelfStake !== undefined && stake < minSelfStake) {
    findings.add(
      'genesis.stake-too-small',
      pointer(path, 'stake'),
      `the stake is ${stake}; minSelfStake is ${minSelfStake}`,
    );
  } else if (powerReduction !== undefined && stake < powerReduction) {
    findings.add(
      'genesis.stake-too-small',
      pointer(path, 'stake'),
      `the stake is ${stake}; one unit of voting power takes ${powerReduction}`,
    );
  }
}
