import type { Findings } from '../report/findings.ts';
import { EMPTY_SUMMARY, type GenesisSummary, type ReportedValidator } from '../report/report.ts';
import { shareOf } from '../report/share.ts';
import { checkConcentration } from '../rules/check-concentration.ts';
import { checkAccounts } from './check-accounts.ts';
import { checkConsensus } from './check-consensus.ts';
import { checkDeclarations, type DeclaredValidator } from './declarations/check-declarations.ts';
import { checkStaking } from './check-staking.ts';
import { checkSupply } from './check-supply.ts';
import { readTopValidators, type TopValidator } from './check-top-validators.ts';
import { checkModuleParameters } from './module-parameters.ts';
import { readAccounts, type Accounts } from './read-accounts.ts';
import { at, isShape, textAt } from './shape.ts';
import { readStakedValidators, type StakedValidator } from './staked-validators.ts';
import { ValidatorRegistry } from './validator-registry.ts';

/** A validator of a foreign genesis, wherever the file declares it. */
export interface ForeignValidator {
  readonly path: string;
  readonly name: string;
  /** Address that the file names it by; empty where it has none. */
  readonly operator: string;
  /** Bonded tokens, or power where the file has nothing else. */
  readonly stake: bigint;
}

/** A foreign genesis that was read and judged. */
export interface ForeignJudgement {
  readonly document: unknown;
  readonly chainId: string | undefined;
  readonly timeMs: number | undefined;
  /** The denomination that is staked. */
  readonly denomination: string;
  readonly accounts: Accounts;
  readonly validators: readonly ForeignValidator[];
  readonly summary: GenesisSummary;
  readonly validatorSet: readonly ReportedValidator[];
}

/** Members of a genesis of CometBFT. One may be missing: that is then said of it. */
const MEMBERS = ['chain_id', 'genesis_time', 'app_state', 'consensus_params', 'consensus'];

/** True for a genesis of CometBFT or the Cosmos SDK, of any generation. */
export function isForeign(value: unknown): boolean {
  return isShape(value) && MEMBERS.filter((name) => Object.hasOwn(value, name)).length >= 2;
}

/** Checks a foreign genesis by its own rules: those of CometBFT, those of the SDK's modules, and what both miss. */
export function judgeForeign(document: unknown, findings: Findings): ForeignJudgement {
  const facts = checkConsensus(document, findings);
  const accounts = readAccounts(document, findings);
  const denomination = bondDenomination(document, accounts);
  const listed = checkAccounts(document, {
    accounts,
    findings,
    genesisTime: facts.timeMs === undefined ? undefined : BigInt(Math.floor(facts.timeMs / 1_000)),
    isExported: at(document, 'app_state', 'staking', 'exported') === true,
  });
  checkSupply(document, accounts, denomination, findings);
  checkModuleParameters(document, accounts.coinReader, findings);
  const registry = new ValidatorRegistry(facts, findings);
  const top = readTopValidators(document, facts, findings);
  const staked = readStakedValidators(document, registry, findings);
  checkStaking({ document, accounts, denomination, staked, top, findings });
  const { declared, signatures } = checkDeclarations({
    document,
    chainId: facts.chainId ?? '',
    accounts,
    listed,
    denomination,
    registry,
    findings,
  });
  const validators = chooseValidators(staked, top, declared);
  // Those of transactions that are of another make, or faulty, are told there.
  if (validators.length === 0 && signatures.uncheckable + signatures.invalid === 0)
    findings.add('foreign.no-validators', '/app_state', 'nobody could make a block');
  const summary: GenesisSummary = {
    ...EMPTY_SUMMARY,
    accounts: accounts.list.length,
    validators: validators.length,
    totalSupply: (accounts.sums.get(denomination) ?? 0n).toString(),
    totalStake: validators.reduce((sum, { stake }) => sum + stake, 0n).toString(),
    denomination,
    ...checkConcentration(
      validators.map(({ stake }) => stake),
      findings,
      'foreign.controls',
    ),
    declarationSignatures: signatures,
  };
  return { document, ...facts, denomination, accounts, validators, summary, validatorSet: setOf(validators) };
}

/** The strongest first. Power is the stake: what a unit of power takes is the chain's own affair. */
function setOf(validators: readonly ForeignValidator[]): readonly ReportedValidator[] {
  const total = validators.reduce((sum, { stake }) => sum + stake, 0n);
  return validators
    .toSorted((a, b) => (a.stake > b.stake ? -1 : Number(a.stake < b.stake)))
    .map(({ name, operator, stake }) => ({
      name,
      operator,
      stake: stake.toString(),
      power: stake.toString(),
      share: shareOf(stake, total),
    }));
}

/** Validators of the staking state, of the top level, or of the genesis transactions: the first that has any. */
function chooseValidators(
  staked: readonly StakedValidator[],
  top: readonly TopValidator[],
  declared: readonly DeclaredValidator[],
): readonly ForeignValidator[] {
  if (staked.length > 0)
    return staked
      .filter(({ isJailed, tokens }) => !isJailed && tokens > 0n)
      .map(({ path, name, operator, tokens }) => ({ path, name, operator, stake: tokens }));
  if (top.length > 0) return top.map(({ path, name, power }) => ({ path, name, operator: '', stake: power }));
  return declared.filter(({ stake }) => stake > 0n);
}

/** The denomination that is staked: the stated one, otherwise the one that most accounts hold. */
function bondDenomination(document: unknown, accounts: Accounts): string {
  // The module was called "stake" at first.
  for (const module of ['staking', 'stake']) {
    const stated = textAt(document, 'app_state', module, 'params', 'bond_denom');
    if (stated !== undefined && stated !== '') return stated;
  }
  const counts = new Map<string, number>();
  for (const { coins } of accounts.list)
    for (const { denom } of coins) counts.set(denom, (counts.get(denom) ?? 0) + 1);
  return [...counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0] ?? '';
}
