import type { Utterance } from './two-signers.ts';

const STEPS = ['prevote', 'precommit'];

/** Judges by what left the machines alone, with arithmetic of its own. Returns what it finds, in words. */
export function judgeUtterances(utterances: readonly Utterance[]): string[] {
  return [...doubleSigns(utterances), ...regressions(utterances), ...forgottenLocks(utterances)];
}

function placeOf({ vote }: Utterance): [number, number, number] {
  return [vote.height, vote.round, STEPS.indexOf(vote.kind)];
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}

/** Two contents in one place. */
function doubleSigns(utterances: readonly Utterance[]): string[] {
  const said = new Map<string, string>();
  return utterances.flatMap((utterance) => {
    const place = placeOf(utterance).join('/');
    const content = `${utterance.block} ${utterance.signature}`;
    const before = said.get(place);
    said.set(place, before ?? content);
    return before === undefined || before === content ? [] : [`double sign at ${place}`];
  });
}

/** A signature that was asked for after one of a later place had left, and that is not one that had been given before. */
function regressions(utterances: readonly Utterance[]): string[] {
  return utterances.flatMap((late) => {
    const isRepeat = utterances.some(
      ({ signature, leftAt }) => signature === late.signature && leftAt < late.leftAt,
    );
    const later = utterances.find(
      (early) => early.leftAt < late.askedAt && isBefore(placeOf(late), placeOf(early)),
    );
    return later === undefined || isRepeat ? [] : [`regression to ${placeOf(late).join('/')}`];
  });
}

/** A prevote that leaves a block which another lease had precommitted, with no precommit of its own lease between. */
function forgottenLocks(utterances: readonly Utterance[]): string[] {
  const ordered = utterances.toSorted((a, b) => (isBefore(placeOf(a), placeOf(b)) ? -1 : 1));
  return ordered.flatMap((prevote) => {
    if (prevote.vote.kind !== 'prevote' || prevote.block === 'nil') return [];
    const lock = ordered.findLast(
      (other) =>
        other.vote.kind === 'precommit' &&
        other.block !== 'nil' &&
        other.vote.height === prevote.vote.height &&
        other.vote.round < prevote.vote.round,
    );
    const isForgotten =
      lock !== undefined && !prevote.askedUnder.has(lock.token) && lock.block !== prevote.block;
    return isForgotten ? [`lock forgotten at ${placeOf(prevote).join('/')}`] : [];
  });
}
