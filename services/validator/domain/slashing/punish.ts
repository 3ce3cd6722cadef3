import { formatAddress, toHex } from '#kernel';
import type { BlockPlace, EconomyParameters } from '../parameters.ts';
import type { SlashReason } from '../records/records.ts';
import { CONSENSUS_KEYS, REPUTATIONS, SIGNING_WINDOWS, VALIDATORS } from '../records/tables.ts';
import { FAULT_BURDEN, withFault } from '../reputation.ts';
import type { StakeView } from '../stake-view.ts';
import { slash } from './slash.ts';

/** What evidence in a block proves of a validator. */
export interface ProvenOffence {
  /** 20-byte address of the consensus key, in use then or since replaced. */
  readonly validator: Uint8Array;
  readonly kind: Exclude<SlashReason, 'downtime'>;
  /** Height of the offence, and the voting power there. */
  readonly height: number;
  readonly power: number;
  readonly evidenceHash: Uint8Array;
}

/** Whom a consensus key is or was of. */
export function operatorOf(view: StakeView, key: Uint8Array): Uint8Array | undefined {
  return view.get(CONSENSUS_KEYS, key)?.operator;
}

/** SLASH-3: slashes and tombstones for an offence; a validator is tombstoned once, and slashed no more after that. */
export function punishOffence(
  view: StakeView,
  parameters: EconomyParameters,
  place: BlockPlace,
  offence: ProvenOffence,
): void {
  const operator = operatorOf(view, offence.validator);
  const record = operator === undefined ? undefined : view.get(VALIDATORS, operator);
  if (operator === undefined || record === undefined || record.status === 'tombstoned') return;
  const { kind, height, power, evidenceHash } = offence;
  const basisPoints = parameters.equivocationSlashBasisPoints;
  slash(view, parameters, place, { operator, reason: kind, height, power, basisPoints, evidenceHash });
  view.set(VALIDATORS, { ...record, status: 'tombstoned', jailedUntilMs: 0 }, operator);
  burden(view, operator, FAULT_BURDEN.equivocation);
  view.emit('validator.jailed', {
    validator: formatAddress(operator),
    reason: kind,
    untilMs: '',
    isTombstoned: 'true',
    evidence: toHex(evidenceHash),
  });
}

/** SLASH-2: slashes and jails a validator that missed more of the window than is borne. */
export function punishDowntime(
  view: StakeView,
  parameters: EconomyParameters,
  place: BlockPlace,
  { operator, height, power }: { operator: Uint8Array; height: number; power: number },
): void {
  const record = view.need(VALIDATORS, operator);
  if (record.status === 'tombstoned' || record.status === 'jailed') return;
  const basisPoints = parameters.downtimeSlashBasisPoints;
  const evidenceHash = new Uint8Array(32);
  slash(view, parameters, place, { operator, reason: 'downtime', height, power, basisPoints, evidenceHash });
  const jailedUntilMs = place.timeMs + parameters.downtimeJailMs;
  view.set(VALIDATORS, { ...record, status: 'jailed', jailedUntilMs }, operator);
  // Whoever comes back begins with a clean window: the misses were paid for.
  view.delete(SIGNING_WINDOWS, operator);
  burden(view, operator, FAULT_BURDEN.downtime);
  view.emit('validator.jailed', {
    validator: formatAddress(operator),
    reason: 'downtime',
    untilMs: jailedUntilMs.toString(),
    isTombstoned: 'false',
  });
}

function burden(view: StakeView, operator: Uint8Array, weight: number): void {
  view.set(REPUTATIONS, withFault(view.need(REPUTATIONS, operator), weight), operator);
}
