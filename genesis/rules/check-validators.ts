import { formatAddress, toHex } from '#kernel';
import { TOTAL_POWER_MAX, VALIDATORS_MAX } from '#services/validator';
import type { GenesisModel, ModelValidator } from '../document/model.ts';
import { pointer, type Findings } from '../report/findings.ts';
import type { RuleId } from './catalogue.ts';

/** Declarations: who stands twice, stakes, power. Their signatures are `checkSignatures`. */
export function checkValidators(model: GenesisModel, findings: Findings): void {
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
  const { length: count } = model.validators;
  if (count > VALIDATORS_MAX) {
    findings.add(
      'genesis.state',
      '/validators',
      `${count} validators are declared; the ledger holds at most ${VALIDATORS_MAX}`,
    );
  }
  for (const validator of model.validators) checkStake(model, validator, findings);
  const staked = model.validators.reduce((sum, { stake = 0n }) => sum + stake, 0n);
  const total = staked / (model.ledger.powerReduction ?? staked + 1n);
  if (total > BigInt(TOTAL_POWER_MAX)) {
    findings.add(
      'genesis.power-overflow',
      '/ledger/powerReduction',
      `the voting power sums to ${total}; at most 2^48 is counted exactly: raise powerReduction`,
    );
  }
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

function checkStake(
  model: GenesisModel,
  { path, operator, stake }: ModelValidator,
  findings: Findings,
): void {
  if (operator !== undefined) {
    const account = model.accounts.find(operator);
    const balance = account === undefined ? undefined : model.accounts.balanceAt(account);
    if (account === undefined)
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
