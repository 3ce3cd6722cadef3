import { err, isCodedError, ok, toHex, type CodedError, type Result, type SignatureVerifier } from '#kernel';
import type { ChainIdentity } from '#services/transaction';
import { offenceKey, offencesOf } from '../domain/evidence/offences.ts';
import type { FinalThere } from '../domain/evidence/light-client-attack.ts';
import type { Evidence } from '../domain/evidence/types.ts';
import { verifyEvidence } from '../domain/evidence/verify-evidence.ts';
import { blockError } from '../errors.ts';
import { BLOCK_EVIDENCE_BYTES_MAX, BLOCK_EVIDENCE_MAX } from '../limits.ts';
import type { ChainState } from './chain-state.ts';
import type { ChainLedger } from './ports.ts';
import type { ChainQueries } from './queries.ts';

export interface EvidenceJudgeComponents {
  readonly identity: ChainIdentity;
  readonly initialHeight: number;
  readonly genesisTimeMs: number;
  readonly state: ChainState;
  readonly ledger: Pick<ChainLedger, 'tip' | 'offencesRecorded'>;
  readonly verifier: Pick<SignatureVerifier, 'verify'>;
  readonly history: Pick<ChainQueries, 'header' | 'commit' | 'validatorSet'>;
}

/** Says which evidence the block after the tip may hold. */
export interface EvidenceJudge {
  /**
   * @param timeMs time of the block
   * @returns `block.evidence-early`, `block.evidence-expired`, `block.evidence-not-checkable`,
   *   `block.evidence-recorded`, `block.evidence-unattributable`, `block.invalid-evidence`
   */
  check(evidence: Evidence, timeMs: number): Promise<Result<void>>;
  /** Those of the candidates, in their order, that a block of this time may hold together. */
  select(candidates: readonly Evidence[], timeMs: number): Promise<Evidence[]>;
  /** Verifies all evidence of a block of this time. @returns `block.too-large`, `block.invalid-evidence` */
  checkBlock(evidence: readonly Evidence[], timeMs: number): Promise<Result<void>>;
}

export function createEvidenceJudge(components: EvidenceJudgeComponents): EvidenceJudge {
  /** What was verified stays so: the history does not change. */
  const verified = new WeakSet<Evidence>();

  async function check(evidence: Evidence, timeMs: number): Promise<Result<void>> {
    const { state, ledger } = components;
    const tip = state.last().height;
    const refused = placeRefusal(evidence, tip) ?? ageRefusal(evidence, timeMs, components);
    if (refused !== undefined) return err(refused);
    // Before any signature is looked at: what is recorded costs nothing.
    const recorded = await ledger.offencesRecorded(offencesOf(evidence));
    const hasNew = recorded.length === 0 || recorded.includes(false);
    if (!hasNew) return err(alreadyRecorded(evidence));
    if (!verified.has(evidence)) {
      const history = await historyOf(evidence, components);
      if (!history.ok) return history;
      const valid = verifyEvidence(evidence, history.value);
      if (!valid.ok) return valid;
      verified.add(evidence);
    }
    return ok(undefined);
  }

  /** EVID-12: in one block too, evidence adds an offence that nothing before it had. */
  async function newIn(evidence: Evidence, seen: Set<string>): Promise<boolean> {
    const offences = offencesOf(evidence);
    const recorded = await components.ledger.offencesRecorded(offences);
    const fresh = offences.filter((_, index) => recorded[index] === false).map(offenceKey);
    const isNew = fresh.some((key) => !seen.has(key));
    for (const key of fresh) seen.add(key);
    return isNew;
  }

  return {
    check,
    async select(candidates, timeMs) {
      const selected: Evidence[] = [];
      const seen = new Set<string>();
      let bytes = 0;
      for (const evidence of candidates) {
        if (selected.length === BLOCK_EVIDENCE_MAX) break;
        if (bytes + evidence.bytes.length > BLOCK_EVIDENCE_BYTES_MAX) continue;
        if (!(await check(evidence, timeMs)).ok || !(await newIn(evidence, seen))) continue;
        selected.push(evidence);
        bytes += evidence.bytes.length;
      }
      return selected;
    },
    async checkBlock(evidence, timeMs) {
      const limited = checkLimits(evidence);
      if (!limited.ok) return limited;
      const seen = new Set<string>();
      for (const [index, item] of evidence.entries()) {
        const checked = await check(item, timeMs);
        if (!checked.ok) return err(notInBlock(index, item, checked.error));
        if (!(await newIn(item, seen))) return err(notInBlock(index, item, alreadyRecorded(item)));
      }
      return ok(undefined);
    },
  };
}

/** EVID-13 */
function checkLimits(evidence: readonly Evidence[]): Result<void> {
  const bytes = evidence.reduce((total, item) => total + item.bytes.length, 0);
  if (evidence.length <= BLOCK_EVIDENCE_MAX && bytes <= BLOCK_EVIDENCE_BYTES_MAX) return ok(undefined);
  const message =
    `${evidence.length} pieces of evidence of ${bytes} bytes; a block has at most ${BLOCK_EVIDENCE_MAX} ` +
    `of ${BLOCK_EVIDENCE_BYTES_MAX}`;
  return err(blockError('too-large', message, { found: evidence.length, bytes }));
}

/** EVID-10: of final heights only; the chain's own record of a commit is in the block after it. */
function placeRefusal(evidence: Evidence, tip: number): CodedError | undefined {
  const latest =
    evidence.kind === 'light-client-attack'
      ? Math.max(evidence.height, evidence.header.height + 1)
      : evidence.height;
  if (latest <= tip) return undefined;
  const message = `evidence of height ${evidence.height} can be checked when ${latest} is final; the last is ${tip}`;
  return blockError('evidence-early', message, { height: evidence.height, tip });
}

/** EVID-11: by the time of the block that would hold it. */
function ageRefusal(
  { height, timeMs: offenceMs }: Evidence,
  timeMs: number,
  { ledger }: EvidenceJudgeComponents,
): CodedError | undefined {
  const { evidenceMaxAgeMs } = ledger.tip().parameters;
  const ageMs = timeMs - offenceMs;
  if (ageMs <= evidenceMaxAgeMs) return undefined;
  const message = `the offence at height ${height} was ${ageMs} ms ago; evidence is taken for ${evidenceMaxAgeMs} ms`;
  return blockError('evidence-expired', message, { height, ageMs, evidenceMaxAgeMs });
}

async function historyOf(evidence: Evidence, components: EvidenceJudgeComponents) {
  const { history, identity, initialHeight, genesisTimeMs, verifier } = components;
  const { height } = evidence;
  if (height < initialHeight) return err(notCheckable(height));
  const [set, before, final] = await Promise.all([
    history.validatorSet(height),
    height === initialHeight ? genesisTimeMs : history.header(height - 1),
    evidence.kind === 'light-client-attack' ? finalAt(history, evidence.header.height) : undefined,
  ]);
  const timeMs = typeof before === 'number' ? before : before?.timeMs;
  const lacksFinal = evidence.kind === 'light-client-attack' && final === undefined;
  if (set === undefined || timeMs === undefined || lacksFinal) return err(notCheckable(height));
  const { chainId, genesisHash } = identity;
  return ok({ set, timeMs, final, verifier, chainId, genesisHash });
}

async function finalAt(
  history: EvidenceJudgeComponents['history'],
  height: number,
): Promise<FinalThere | undefined> {
  const [header, commit, set] = await Promise.all([
    history.header(height),
    history.commit(height),
    history.validatorSet(height),
  ]);
  if (header === undefined || commit === undefined || set === undefined) return undefined;
  return { header, commit, set };
}

function notCheckable(height: number): CodedError {
  const message = `this node keeps no header or validators of height ${height}: it cannot check its evidence`;
  return blockError('evidence-not-checkable', message, { height });
}

function alreadyRecorded({ hash, height }: Evidence): CodedError {
  const evidence = toHex(hash);
  return blockError('evidence-recorded', `what evidence ${evidence} proves is recorded already`, {
    evidence,
    height,
  });
}

function notInBlock(index: number, { hash }: Evidence, cause: CodedError): CodedError {
  const message = `evidence ${index} of the block may not be in it: ${cause.message}`;
  const details = { index, evidence: toHex(hash), code: cause.code };
  return blockError('invalid-evidence', message, details, { cause });
}

/** Why a block's evidence could not be checked, where that is for want of history and nothing is wrong with it. */
export function lackOfHistory({ cause }: CodedError): CodedError | undefined {
  return isCodedError(cause, 'block.evidence-not-checkable') ? cause : undefined;
}
