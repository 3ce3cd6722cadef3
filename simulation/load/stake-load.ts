import { fromHex, parseAddress, toHex, type SigningKey } from '#kernel';
import {
  isStakePayload,
  keyPossessionDigest,
  type ChainIdentity,
  type StakePayload,
  type Transaction,
  type TransactionPayload,
} from '#services/transaction';
import type { SeededRandom } from '../random.ts';
import type { SimulationEvent } from '../run/events.ts';
import { addressOf, SIMULATION_STAKE } from '../run/genesis.ts';

/** What goes to a validator at once, in units of power: it shows in the next set. */
const UNITS_MAX = 3;
const OWN_RELEASES_MAX = 2;
const FIRST_STAKE = 12n * SIMULATION_STAKE;

/** A validator that the load operates, or may come to. */
export interface Operated {
  readonly operator: SigningKey;
  readonly consensusKey: SigningKey;
  readonly isFounder: boolean;
  /** True once its machine runs. */
  isThere(): boolean;
}

export interface StakeLoadInit {
  readonly identity: ChainIdentity;
  readonly random: SeededRandom;
  /** 20-byte addresses of operators to whom stake may come. */
  readonly staked: readonly Uint8Array[];
  /** False keeps stake at its validator: what is burnt of it is then known by validator. */
  readonly mayRedelegate: boolean;
}

/** What those who bond and those who operate would send next, by what they saw become final. */
export class StakeLoad {
  readonly #init: StakeLoadInit;
  /** Base units by account, then by operator, in hex. */
  readonly #bonded = new Map<string, Map<string, bigint>>();
  readonly #jailed = new Set<string>();
  readonly #registered = new Set<string>();
  /** How often an operator released own stake, in hex. */
  readonly #released = new Map<string, number>();
  #edits = 0;

  constructor(init: StakeLoadInit) {
    this.#init = init;
  }

  observe({ block, receipts, events }: Extract<SimulationEvent, { kind: 'final' }>): void {
    for (const { type, attributes } of events) {
      const operator = attributes.find(({ key }) => key === 'validator')?.value;
      if (type === 'validator.jailed' && operator !== undefined)
        this.#jailed.add(toHex(parseAddress(operator)));
    }
    for (const transaction of block.transactions) {
      if (receipts.get(transaction.id)?.status === 'finalized') this.#note(transaction);
    }
  }

  #note({ senderId, payload }: Transaction): void {
    switch (payload.type) {
      case 'stake.bond':
        return this.#move(senderId, payload.validator, payload.amount);
      case 'stake.unbond':
        return this.#move(senderId, payload.validator, -payload.amount);
      case 'stake.redelegate':
        this.#move(senderId, payload.source, -payload.amount);
        return this.#move(senderId, payload.destination, payload.amount);
      case 'validator.register':
        this.#registered.add(senderId);
        return;
      case 'validator.unjail':
        this.#jailed.delete(senderId);
        return;
      default:
    }
  }

  #move(account: string, validator: Uint8Array, amount: bigint): void {
    const places = this.#bonded.get(account) ?? new Map<string, bigint>();
    this.#bonded.set(account, places);
    const left = (places.get(toHex(validator)) ?? 0n) + amount;
    if (left > 0n) places.set(toHex(validator), left);
    else places.delete(toHex(validator));
  }

  /** Of somebody who bonds. */
  delegatorPayload(sender: Uint8Array): StakePayload {
    const { random, staked, mayRedelegate } = this.#init;
    const places = [...(this.#bonded.get(toHex(sender)) ?? [])];
    if (places.length === 0 || random.chance(0.45)) {
      return { type: 'stake.bond', validator: random.pick(staked), amount: this.#amount() };
    }
    const [place, bonded] = random.pick(places);
    const validator = fromHex(place);
    if (random.chance(0.3)) return { type: 'rewards.withdraw', validator };
    const part = random.chance(0.4) ? bonded : BigInt(random.between(1, Number(bonded)));
    if (!mayRedelegate || random.chance(0.5)) return { type: 'stake.unbond', validator, amount: part };
    return { type: 'stake.redelegate', source: validator, destination: random.pick(staked), amount: part };
  }

  /** Of an operator. */
  operatorPayload(operated: Operated): TransactionPayload {
    const { random, mayRedelegate } = this.#init;
    const sender = addressOf(operated.operator);
    const id = toHex(sender);
    if (!operated.isFounder && !this.#registered.has(id)) return this.#registration(operated, sender);
    if (this.#jailed.has(id) && random.chance(0.7)) return { type: 'validator.unjail' };
    switch (random.integer(6)) {
      case 0:
        return { type: 'validator.unjail' };
      case 1:
        return { type: 'validator.edit', commissionRate: random.between(0, 1_000) };
      case 2:
        this.#edits += 1;
        return { type: 'validator.edit', identity: identityOf(`edit ${this.#edits}`) };
      case 3:
        return this.#ownBond(sender);
      case 4:
        // Where liars are, the stake of the genesis stays: see `setUp`.
        return mayRedelegate ? { type: 'rewards.withdraw', validator: sender } : this.#ownRelease(sender);
      default:
        return { type: 'rewards.withdraw', validator: sender };
    }
  }

  /** Also its operator brings no stake to a validator that shall not have more. */
  #ownBond(sender: Uint8Array): StakePayload {
    const isOpen = this.#init.staked.some((operator) => toHex(operator) === toHex(sender));
    if (!isOpen) return { type: 'rewards.withdraw', validator: sender };
    return { type: 'stake.bond', validator: sender, amount: this.#amount() };
  }

  /** Operators keep most of what they began with. */
  #ownRelease(sender: Uint8Array): StakePayload {
    const before = this.#released.get(toHex(sender)) ?? 0;
    if (before >= OWN_RELEASES_MAX) return { type: 'rewards.withdraw', validator: sender };
    this.#released.set(toHex(sender), before + 1);
    return { type: 'stake.unbond', validator: sender, amount: this.#amount() };
  }

  #registration({ consensusKey }: Operated, sender: Uint8Array): StakePayload {
    const { publicKey } = consensusKey;
    const proof = consensusKey.sign(keyPossessionDigest(this.#init.identity.genesisHash, sender, publicKey));
    return {
      type: 'validator.register',
      publicKey,
      proof,
      identity: identityOf('newcomer'),
      commission: { rate: 1_000, maxRate: 2_000, maxDailyChange: 500 },
      minSelfStake: SIMULATION_STAKE,
      stake: FIRST_STAKE,
    };
  }

  #amount(): bigint {
    const { random } = this.#init;
    return BigInt(random.between(1, UNITS_MAX * Number(SIMULATION_STAKE)));
  }
}

function identityOf(name: string) {
  return { name, website: '', contact: '', description: '', location: '' };
}

/** Gas that is enough for any payload of a type. */
export function gasLimitOf(payload: TransactionPayload): number {
  if (payload.type === 'validator.register') return 60_000;
  return isStakePayload(payload) ? 8_000 : 5_000;
}
