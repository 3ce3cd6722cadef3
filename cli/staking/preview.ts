import { cliError } from '../errors.ts';
import type { StakeRules, ValidatorFacts } from './facts.ts';

/** One thing that a transaction changes or costs. */
export interface PreviewLine {
  /** Member of the JSON form. */
  readonly key: string;
  readonly label: string;
  /** For machines: amounts as bigint, times as ISO 8601. */
  readonly value: unknown;
  readonly text: string;
}

/** What a transaction would do, shown before anything is signed. */
export interface Preview {
  readonly title: string;
  readonly lines: readonly PreviewLine[];
}

export function line(key: string, label: string, value: unknown, text = String(value)): PreviewLine {
  return { key, label, value, text };
}

/** Something that is one value now and another after the transaction. */
export function change<Value extends bigint | number | string>(
  key: string,
  label: string,
  before: Value,
  after: Value,
  show: (value: Value) => string = String,
): PreviewLine {
  const text = before === after ? `${show(before)} (unchanged)` : `${show(before)} → ${show(after)}`;
  return line(key, label, { before, after }, text);
}

export function time(key: string, label: string, atMs: number, about = ''): PreviewLine {
  const iso = new Date(atMs).toISOString();
  return line(key, label, iso, `${about}${iso}`);
}

/** As aligned lines under the title. */
export function formatPreview({ title, lines }: Preview): string {
  const width = Math.max(0, ...lines.map(({ label }) => label.length));
  return [title, ...lines.map(({ label, text }) => `  ${label.padEnd(width)}  ${text}`)].join('\n');
}

/** For machines. */
export function previewToJson({ title, lines }: Preview): object {
  return { title, ...Object.fromEntries(lines.map(({ key, value }) => [key, value])) };
}

/**
 * EPOCH-1: first height of the set that counts what the next block changes: that after the decision at the end of the
 * epoch, and no earlier.
 */
export function takesEffectAt({
  height,
  nextDecision,
  epochBlocks,
  activationDelayBlocks,
}: StakeRules): number {
  // A decision in the very next block counts what that block changes.
  const missed = Math.max(0, Math.ceil((height + 1 - nextDecision) / epochBlocks));
  return nextDecision + missed * epochBlocks + 1 + activationDelayBlocks;
}

export function effectLine(rules: StakeRules): PreviewLine {
  const height = takesEffectAt(rules);
  return line('takesEffectAtHeight', 'takes effect', height, `height ${height} at the earliest`);
}

/** Voting power that a stake gives, and its part of all power, before and after; others stay as they are. */
export function powerLines(rules: StakeRules, validator: ValidatorFacts, stakeAfter: bigint): PreviewLine[] {
  const { powerReduction, totalPower } = rules;
  const after = Number(stakeAfter / powerReduction);
  const totalAfter = totalPower - validator.power + after;
  const share = (power: number, total: number): number =>
    total === 0 ? 0 : Math.round((power / total) * 1e6) / 1e6;
  const [shareBefore, shareAfter] = [share(validator.power, totalPower), share(after, totalAfter)];
  return [
    change('stake', 'stake of the validator', validator.stake, stakeAfter),
    change('power', 'voting power', validator.power, after),
    change('share', 'share of all power', shareBefore, shareAfter, (part) => `${(part * 100).toFixed(2)}%`),
  ];
}

/** A refusal before anything is signed: the ledger would refuse it, and keep the fee. */
export function wouldFail(code: string, why: string) {
  return cliError('would-fail', `nothing was signed: ${why} (${code})`, { code });
}

/** `Name (address)`. */
export function nameOf({ name, operator }: { readonly name: string; readonly operator: string }): string {
  return `${name} (${operator})`;
}
