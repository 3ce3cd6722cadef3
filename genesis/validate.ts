import { isCodedError, referenceVerifier, toHex, type Clock } from '#kernel';
import { buildGenesisState } from '#services/blockchain';
import { UNHASHABLE, genesisHashOf } from './document/canonical.ts';
import type { GenesisModel } from './document/model.ts';
import { readDocument } from './document/read-document.ts';
import { readJson } from './document/read-json.ts';
import { ValueReader } from './document/value-reader.ts';
import { foreignGenesisHash } from './foreign/import.ts';
import { isForeign, judgeForeign } from './foreign/judge-foreign.ts';
import { Findings } from './report/findings.ts';
import { Progress, type ProgressListener } from './report/progress.ts';
import { firstValidators } from './report/first-validators.ts';
import {
  EMPTY_SUMMARY,
  type GenesisReport,
  type GenesisSummary,
  type ReportedValidator,
} from './report/report.ts';
import { checkAccounts } from './rules/check-accounts.ts';
import { checkConcentration } from './rules/check-concentration.ts';
import { checkParameters } from './rules/check-parameters.ts';
import { checkSignatures, type GenesisVerifier } from './rules/check-signatures.ts';
import { checkValidators, powerOf } from './rules/check-validators.ts';
import { toGenesisState } from './to-state.ts';

/** A document that was read and judged. */
export interface Judged {
  readonly report: GenesisReport;
  /** The parsed JSON, when there was any. */
  readonly document: unknown;
  /** Of the own format only. */
  readonly model: GenesisModel | undefined;
  readonly genesisHash: Uint8Array | undefined;
}

export interface JudgeOptions {
  /** Checks signatures, `verifyZip215` unless stated: slow where there are thousands. */
  readonly verifier?: GenesisVerifier;
  /** Called on the way; what it throws ends the validation. */
  readonly onProgress?: ProgressListener;
  /** False: the state is built by the caller, and the report has no state root. */
  readonly dryRun?: boolean;
}

/**
 * Judges a genesis document of any format: everything at once, never only the first fault. Any bytes end in a
 * report; nothing is thrown for what is in the document.
 */
export async function validateGenesis(
  bytes: Uint8Array,
  clock: Clock,
  options: JudgeOptions = {},
): Promise<GenesisReport> {
  const { report } = await judgeGenesis(bytes, clock, options);
  return report;
}

export async function judgeGenesis(
  bytes: Uint8Array,
  clock: Clock,
  options: JudgeOptions = {},
): Promise<Judged> {
  const findings = new Findings();
  const progress = new Progress(options.onProgress);
  progress.enter('json');
  const read = readJson(bytes, findings);
  if (read === undefined) return unreadable(findings, undefined);
  if (isForeign(read.value)) {
    const judged = judgeForeign(read.value, findings);
    const hash = foreignGenesisHash(judged, findings);
    return {
      report: makeReport(
        'cometbft',
        judged.chainId ?? null,
        hash,
        judged.summary,
        judged.validatorSet,
        findings,
      ),
      document: read.value,
      model: undefined,
      genesisHash: undefined,
    };
  }
  if (!looksOwn(read.value)) {
    findings.add(
      'genesis.format',
      '',
      'the document has neither "chainId", "ledger", "accounts" or "validators" nor the members of a CometBFT genesis',
    );
    return unreadable(findings, read.value);
  }
  return judgeOwn(read.value, findings, { clock, progress, ...options });
}

function unreadable(findings: Findings, document: unknown): Judged {
  return {
    report: makeReport('unknown', null, undefined, EMPTY_SUMMARY, [], findings),
    document,
    model: undefined,
    genesisHash: undefined,
  };
}

function looksOwn(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['ledger', 'accounts', 'validators', 'chainId'].some((name) => Object.hasOwn(value, name))
  );
}

interface OwnOptions extends JudgeOptions {
  readonly clock: Clock;
  readonly progress: Progress;
}

async function judgeOwn(value: unknown, findings: Findings, options: OwnOptions): Promise<Judged> {
  const { clock, progress, verifier = referenceVerifier, dryRun = true } = options;
  progress.enter('values');
  const model = readDocument(value, new ValueReader(findings), progress);
  if (model === undefined) return unreadable(findings, value);
  progress.enter('rules');
  const supply = checkAccounts(model, findings);
  checkValidators(model, findings);
  checkParameters(model, findings, clock.now());
  const concentration = checkConcentration(activePowers(model), findings);
  progress.enter('signatures');
  const declarationSignatures = await checkSignatures(model, findings, verifier, progress);
  progress.enter('hash');
  const genesisHash = UNHASHABLE.some((rule) => findings.has(rule)) ? undefined : genesisHashOf(value);
  const summary: GenesisSummary = {
    accounts: model.accounts.length,
    validators: model.validators.length,
    totalSupply: supply.toString(),
    totalStake: sumOf(model.validators.map(({ stake }) => stake)),
    denomination: model.denomination,
    ...concentration,
    declarationSignatures,
    stateRoot: null,
  };
  const isSound = !findings.hasErrors && genesisHash !== undefined;
  const stateRoot = isSound && dryRun ? await rootOf(model, genesisHash, findings, progress) : null;
  const report = makeReport(
    'node0',
    model.chainId ?? null,
    genesisHash,
    { ...summary, stateRoot },
    firstValidators(model),
    findings,
  );
  return { report, document: value, model, genesisHash };
}

/** Powers of the validators that the set has room for: the others have no vote. */
function activePowers(model: GenesisModel): readonly bigint[] {
  const powers = model.validators.map((validator) => powerOf(model, validator));
  const { maxValidators = BigInt(powers.length) } = model.ledger;
  if (BigInt(powers.length) <= maxValidators) return powers;
  return powers.toSorted((a, b) => (a > b ? -1 : Number(a < b))).slice(0, Number(maxValidators));
}

/** Root of the state that the document leads to: a dry run. */
async function rootOf(
  model: GenesisModel,
  genesisHash: Uint8Array,
  findings: Findings,
  progress: Progress,
): Promise<string | null> {
  progress.enter('state');
  try {
    const { stateRoot } = await buildGenesisState(toGenesisState(model, genesisHash), (done, total) =>
      progress.at(done, total),
    );
    return toHex(stateRoot);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    findings.add('genesis.state', '', `no state can be built: ${error.message}`);
    return null;
  }
}

function sumOf(amounts: readonly (bigint | undefined)[]): string {
  return amounts.reduce<bigint>((sum, amount) => sum + (amount ?? 0n), 0n).toString();
}

function makeReport(
  format: GenesisReport['format'],
  chainId: string | null,
  genesisHash: Uint8Array | undefined,
  summary: GenesisSummary,
  validatorSet: readonly ReportedValidator[],
  findings: Findings,
): GenesisReport {
  return {
    valid: !findings.hasErrors,
    format,
    chainId,
    genesisHash: genesisHash === undefined ? null : toHex(genesisHash),
    summary,
    validatorSet,
    findings: findings.sorted(),
    omitted: findings.omitted(),
  };
}
