import { addressOfKey, fromHex, parseAddress, toHex } from '#kernel';
import type { Block } from '#services/block';
import type { GenesisState, Receipt, ReceiptEvent } from '#services/blockchain';
import type { Transaction } from '#services/transaction';
import { DEFAULT_STAKING } from '#services/validator';
import type { SimulationEvent } from '../run/events.ts';
import { nextSet } from './next-set.ts';
import { ReleaseModel } from './release-model.ts';

type Final = Extract<SimulationEvent, { kind: 'final' }>;

interface ModelValidator {
  readonly operator: string;
  /** Address of the consensus key in hex. */
  readonly address: string;
  stake: bigint;
  state: 'free' | 'jailed' | 'tombstoned';
  jailedUntilMs: number;
  /** Heights that it missed since its window began. */
  missed: Set<number>;
}

interface Fault {
  readonly validator: ModelValidator;
  readonly reason: string;
  readonly height: number;
  readonly power: number;
  readonly basisPoints: number;
}

const part = (amount: bigint, basisPoints: number): bigint => (amount * BigInt(basisPoints)) / 10_000n;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/**
 * The economy by a plain definition, block by block: what each validator has bonded, who misses, who is punished with
 * how much, what is released when, and the set of every height. Rewards are one pot, into which fees and block rewards
 * go, and out of which comes what the ledger says that it paid. Two things the load keeps out of it: nobody exits or
 * takes all of an operator's stake, and where validators are slashed nothing was redelegated from them.
 */
export class StakeModel {
  readonly #parameters;
  readonly #credit: (account: string, amount: bigint) => void;
  readonly #validators = new Map<string, ModelValidator>();
  readonly #byAddress = new Map<string, ModelValidator>();
  readonly #recorded = new Set<string>();
  readonly releases: ReleaseModel;
  /** First heights of the sets that were decided, by epoch. */
  readonly #inForce: number[] = [0];
  #epochStart: number;
  #decided: { readonly from: number; readonly powers: ReadonlyMap<string, number> } | undefined;
  /** Powers by operator, of the block's height and of the one before. */
  #powers: ReadonlyMap<string, number>;
  #before: ReadonlyMap<string, number>;
  #timeMs = 0;
  height: number;
  burnt = 0n;
  minted = 0n;
  /** Block rewards, fees where the caller adds them, and what belongs to nobody, less what was paid. */
  pot = 0n;

  /** @param credit what an account gets, or gives */
  constructor(genesis: GenesisState, credit: (account: string, amount: bigint) => void = () => {}) {
    this.#parameters = { ...(genesis.staking ?? DEFAULT_STAKING), ...genesis.ledger };
    this.#credit = credit;
    this.releases = new ReleaseModel(genesis.ledger.unbondingPeriodMs);
    for (const { operator, publicKey, stake } of genesis.validators) this.#add(operator, publicKey, stake);
    const { powerReduction } = genesis.ledger;
    this.#powers = new Map(
      [...this.#validators].map(([operator, { stake }]) => [operator, Number(stake / powerReduction)]),
    );
    this.#before = this.#powers;
    this.#epochStart = genesis.initialHeight;
    this.height = genesis.initialHeight - 1;
  }

  /** All bonded base units. */
  get bonded(): bigint {
    return [...this.#validators.values()].reduce((sum, { stake }) => sum + stake, 0n);
  }

  /** A whole block. @returns what is wrong with it */
  replay(event: Final): string | undefined {
    let fault = this.begin(event);
    for (const transaction of event.block.transactions) {
      const receipt = event.receipts.get(transaction.id);
      if (receipt !== undefined) fault ??= this.execute(transaction, receipt);
    }
    this.end();
    return fault;
  }

  /** What happens before the transactions. */
  begin({ block, events }: Final): string | undefined {
    this.height = block.header.height;
    this.#timeMs = block.header.timeMs;
    if (block.lastCommit !== undefined) {
      this.minted += this.#parameters.blockReward;
      this.pot += this.#parameters.blockReward;
    }
    const down = this.#countMissed(block);
    const faults = [...this.#accused(block), ...down];
    const slashed = events.filter(({ type }) => type === 'validator.slashed');
    let wrong = this.#punish(faults, slashed);
    for (const event of events) {
      if (event.type === 'stake.released') wrong ??= this.#release(event);
      else this.#pay(event);
    }
    wrong ??= this.releases.overdue(this.#timeMs);
    return wrong;
  }

  /** A transaction that is in the block: what it does beside its fee. */
  execute({ senderId, payload }: Transaction, { status, events }: Receipt): string | undefined {
    if (status === 'failed') return events.length === 0 ? undefined : `${payload.type} failed with events`;
    switch (payload.type) {
      case 'validator.register':
        this.#credit(senderId, -payload.stake);
        this.#add(fromHex(senderId), payload.publicKey, payload.stake);
        break;
      case 'validator.unjail': {
        const validator = this.#validators.get(senderId);
        if (validator?.state !== 'jailed' || validator.jailedUntilMs > this.#timeMs)
          return `${senderId} came out of jail, where it ${validator?.state === 'jailed' ? 'still was' : 'was not'}`;
        validator.state = 'free';
        break;
      }
      case 'stake.bond':
        this.#credit(senderId, -payload.amount);
        this.#move(payload.validator, payload.amount);
        break;
      case 'stake.unbond':
        this.#move(payload.validator, -payload.amount);
        this.releases.begin(toHex(payload.validator), senderId, this.#epoch, this.#timeMs, payload.amount);
        break;
      case 'stake.redelegate':
        this.#move(payload.source, -payload.amount);
        this.#move(payload.destination, payload.amount);
        break;
      default:
    }
    for (const [operator, { stake }] of this.#validators)
      if (stake < 0n) return `${operator} has ${stake} bonded`;
    for (const event of events) this.#pay(event);
    return undefined;
  }

  /** What happens after the transactions: the set of the next height. */
  end(): void {
    const { epochBlocks, activationDelayBlocks } = this.#parameters;
    this.#before = this.#powers;
    if (this.height === this.#epochStart + epochBlocks) {
      const from = this.height + 1 + activationDelayBlocks;
      this.#decided ??= { from, powers: this.#decide() };
      this.#inForce.push(from);
      this.#epochStart = this.height;
    }
    if (this.#decided?.from !== this.height + 1) return;
    this.#powers = this.#decided.powers;
    this.#decided = undefined;
  }

  /** Powers after the last block, by address of the consensus key in hex, in the order of a set. */
  set(powers: ReadonlyMap<string, number> = this.#powers): { address: string; power: number }[] {
    return [...powers]
      .map(([operator, power]) => ({ address: this.#validators.get(operator)?.address ?? '', power }))
      .toSorted((a, b) => b.power - a.power || (a.address < b.address ? -1 : 1));
  }

  get #epoch(): number {
    return this.#inForce.length - 1;
  }

  #add(operator: Uint8Array, publicKey: Uint8Array, stake: bigint): void {
    const validator: ModelValidator = {
      operator: toHex(operator),
      address: toHex(addressOfKey('ed25519', publicKey)),
      stake,
      state: 'free',
      jailedUntilMs: 0,
      missed: new Set(),
    };
    this.#validators.set(validator.operator, validator);
    this.#byAddress.set(validator.address, validator);
  }

  #move(operator: Uint8Array, amount: bigint): void {
    const validator = this.#validators.get(toHex(operator));
    if (validator !== undefined) validator.stake += amount;
  }

  #decide(): ReadonlyMap<string, number> {
    const { powerReduction, maxValidators, maxChurnBasisPoints } = this.#parameters;
    const all = [...this.#validators.values()].map(({ operator, stake, state }) => ({
      operator,
      stake,
      state,
      power: this.#powers.get(operator) ?? 0,
      deserved: state === 'free' ? Number(stake / powerReduction) : 0,
    }));
    return nextSet(all, maxValidators, maxChurnBasisPoints);
  }

  /** SLASH-1: who missed one height too many of those before. */
  #countMissed({ header, lastCommit }: Block): Fault[] {
    const { signedBlocksWindow: size, minSignedBasisPoints, downtimeSlashBasisPoints } = this.#parameters;
    const height = header.height - 1;
    const borne = size - Math.round((size * minSignedBasisPoints) / 10_000);
    if (lastCommit === undefined) return [];
    return this.set(this.#before).flatMap(({ address, power }, place) => {
      const validator = this.#byAddress.get(address);
      const isThere = lastCommit.signatures[place] !== undefined;
      if (validator === undefined || isThere || validator.state !== 'free') return [];
      validator.missed.add(height);
      const missed = [...validator.missed].filter((other) => other > height - size);
      if (missed.length <= borne) return [];
      return [{ validator, reason: 'downtime', height, power, basisPoints: downtimeSlashBasisPoints }];
    });
  }

  /** SLASH-3: whom evidence of the block accuses of what is not recorded yet. */
  #accused({ evidence }: Block): Fault[] {
    const basisPoints = this.#parameters.equivocationSlashBasisPoints;
    return evidence.flatMap((item) => {
      const accused = item.kind === 'light-client-attack' ? item.accountable : [item.validator];
      return accused.flatMap(({ address, power }) => {
        const key = `${toHex(address)} ${item.kind} ${item.height}`;
        const validator = this.#byAddress.get(toHex(address));
        if (validator === undefined || this.#recorded.has(key)) return [];
        this.#recorded.add(key);
        return [{ validator, reason: item.kind, height: item.height, power, basisPoints }];
      });
    });
  }

  #punish(faults: readonly Fault[], slashed: readonly ReceiptEvent[]): string | undefined {
    const told = [...slashed];
    for (const fault of faults) {
      const { validator, reason } = fault;
      if (validator.state === 'tombstoned' || (reason === 'downtime' && validator.state === 'jailed'))
        continue;
      const { bonded, unbonding } = this.#slash(fault);
      const event = told.shift();
      const is = ['reason', 'bonded', 'unbonding', 'redelegated']
        .map((name) => textOf(event, name))
        .join(' ');
      const due = `${reason} ${bonded} ${unbonding} 0`;
      const who = event === undefined ? '' : accountOf(event, 'validator');
      if (who !== validator.operator || is !== due)
        return `${validator.operator} is due a slash for ${due} (bonded, unbonding, redelegated), and ${who || 'nobody'} got one for ${is}`;
      validator.state = reason === 'downtime' ? 'jailed' : 'tombstoned';
      validator.jailedUntilMs = this.#timeMs + this.#parameters.downtimeJailMs;
      if (reason === 'downtime') validator.missed = new Set();
    }
    const [more] = told;
    return (
      more && `${accountOf(more, 'validator')} was slashed for ${textOf(more, 'reason')} without a fault`
    );
  }

  /** SLASH-4, SLASH-5, SLASH-7. */
  #slash({ validator, height, power, basisPoints }: Fault): { bonded: bigint; unbonding: bigint } {
    const since = this.#inForce.findLastIndex((first) => first <= height);
    const behind = BigInt(power) * this.#parameters.powerReduction;
    const whole = part(behind, basisPoints);
    const reach = { since, missing: behind - validator.stake };
    const unbonding = this.releases.slash(validator.operator, reach, (tokens, taken) =>
      least(part(tokens, basisPoints), whole - taken),
    );
    const bonded = least(part(validator.stake, basisPoints), whole - unbonding);
    validator.stake -= bonded;
    this.burnt += bonded + unbonding;
    return { bonded, unbonding };
  }

  #release(event: ReceiptEvent): string | undefined {
    const [operator, account] = [accountOf(event, 'validator'), accountOf(event, 'account')];
    const amount = BigInt(textOf(event, 'amount'));
    this.#credit(account, amount);
    const released = this.releases.end(operator, account, this.#timeMs, amount);
    this.pot += released.left;
    return released.wrong;
  }

  /** Rewards that the ledger says that it paid come out of the pot. */
  #pay(event: ReceiptEvent): void {
    if (event.type !== 'rewards.withdrawn' && event.type !== 'commission.withdrawn') return;
    const amount = BigInt(textOf(event, 'amount'));
    this.#credit(accountOf(event, event.type === 'rewards.withdrawn' ? 'account' : 'validator'), amount);
    this.pot -= amount;
  }
}

function textOf(event: ReceiptEvent | undefined, name: string): string {
  return event?.attributes.find(({ key }) => key === name)?.value ?? '';
}

const accountOf = (event: ReceiptEvent, name: string): string => toHex(parseAddress(textOf(event, name)));
