import type { Block } from '#services/block';
import type { BlockEvent, Receipt, ReceiptEvent } from '#services/blockchain';
import { timeText } from '../json/chain-json.ts';

/** Domain events of the validator context, by what execution reports. Append only. */
const DOMAIN_TYPES: ReadonlyMap<string, string> = new Map([
  ['validator.registered', 'ValidatorRegistered'],
  ['validator.edited', 'ValidatorEdited'],
  ['validator.key-rotated', 'ValidatorKeyRotated'],
  ['validator.activated', 'ValidatorActivated'],
  ['validator.deactivated', 'ValidatorDeactivated'],
  ['validator.jailed', 'ValidatorJailed'],
  ['validator.unjailed', 'ValidatorUnjailed'],
  ['validator.slashed', 'ValidatorSlashed'],
  ['validator.exiting', 'ValidatorExiting'],
  ['validator.removed', 'ValidatorRemoved'],
  ['validator-set.rotated', 'ValidatorSetRotated'],
  ['reputation.changed', 'ReputationScoreChanged'],
  ['stake.bonded', 'StakeUpdated'],
  ['stake.unbonded', 'StakeUpdated'],
  ['stake.redelegated', 'StakeUpdated'],
  ['stake.unbonding-cancelled', 'StakeUpdated'],
  ['stake.released', 'StakeReleased'],
  ['rewards.withdrawn', 'RewardsWithdrawn'],
  ['commission.withdrawn', 'RewardsWithdrawn'],
]);

/** Attributes that hold the address of whom an event is about. */
const ADDRESSES: ReadonlySet<string> = new Set(['validator', 'account', 'source', 'destination']);

/**
 * A domain event in the envelope of CloudEvents 1.0. Its `source` and `id` are the same on every node: who hears of it
 * twice drops the second.
 */
export interface ValidatorEvent {
  readonly specversion: '1.0';
  /** `HEIGHT.INDEX.EVENT`: INDEX is that of the transaction, or `block` for what the block did by itself. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** Address of the validator's operator, where it is about one. */
  readonly subject?: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: Readonly<Record<string, string | number | null>>;
}

/** What of the validator context a block changed, in the order in which it happened. */
export function validatorEventsOf(
  block: Block,
  receipts: readonly Receipt[],
  own: readonly BlockEvent[],
): ValidatorEvent[] {
  const found: ValidatorEvent[] = [];
  const take = (event: ReceiptEvent, index: number | 'block', place: number): void => {
    const type = DOMAIN_TYPES.get(event.type);
    if (type !== undefined) found.push(envelopeOf(block, type, event, index, place));
  };
  for (const [place, event] of own.entries()) if (event.when === 'before') take(event, 'block', place);
  for (const [index, { events }] of receipts.entries()) {
    for (const [place, event] of events.entries()) take(event, index, place);
  }
  for (const [place, event] of own.entries()) if (event.when === 'after') take(event, 'block', place);
  return found;
}

function envelopeOf(
  { header }: Block,
  type: string,
  event: ReceiptEvent,
  index: number | 'block',
  place: number,
): ValidatorEvent {
  const attributes = Object.fromEntries(event.attributes.map(({ key, value }) => [key, value]));
  const subject = attributes['validator'];
  return {
    specversion: '1.0',
    id: `${header.height}.${index}.${place}`,
    source: `/chains/${header.chainId}`,
    type,
    ...(subject !== undefined && { subject }),
    time: timeText(header.timeMs),
    datacontenttype: 'application/json',
    data: {
      ...attributes,
      event: event.type,
      block: header.height,
      transaction: index === 'block' ? null : index,
    },
  };
}

/** True when the event is about the address, as validator or as account; the address as its text. */
export function isAbout({ data }: ValidatorEvent, address: string): boolean {
  return Object.entries(data).some(([key, value]) => ADDRESSES.has(key) && value === address);
}
