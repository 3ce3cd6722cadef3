import { isCodedError } from '#kernel';
import type { ApiClient } from '../api-client.ts';
import type { DelegationFacts, StakeRules, UnbondingFacts, ValidatorFacts } from './facts.ts';

/** Items of a page at most: fewer requests for accounts with stake at many validators. */
const PAGE_ITEMS = 100;

interface StakingAnswer {
  readonly height: number;
  readonly epoch: { readonly lastHeight: number };
  readonly parameters: {
    readonly epochBlocks: number;
    readonly activationDelayBlocks: number;
    readonly unbondingPeriodMs: number;
    readonly powerReduction: string;
    readonly minSelfStake: string;
    readonly minDelegation: string;
  };
}

/** A validator as the node answers it. */
export interface ValidatorAnswer {
  readonly operator: string;
  readonly name: string;
  readonly publicKey: string;
  readonly nextPublicKey?: string;
  readonly status: string;
  readonly exiting: boolean;
  readonly stake: string;
  readonly selfStake: string;
  readonly minSelfStake: string;
  readonly power: number;
  readonly commission: ValidatorFacts['commission'];
  readonly commissionDue: string;
  readonly jailedUntil: string | null;
  readonly identity: {
    readonly name: string;
    readonly website: string;
    readonly contact: string;
    readonly description: string;
    readonly location: string;
  };
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

interface DelegationItem {
  readonly validator: string;
  readonly amount: string;
  readonly rewards: string;
  readonly redelegableFrom: string | null;
}

interface UnbondingItem {
  readonly validator: string;
  readonly amount: string;
  readonly endMs: string;
}

/** @throws `cli.node-unreachable`, `cli.node-refused` */
export async function readRules(api: ApiClient): Promise<StakeRules> {
  const [{ height, epoch, parameters }, { totalPower }] = await Promise.all([
    api.get<StakingAnswer>('/staking'),
    api.get<{ totalPower: number }>('/validators?limit=1'),
  ]);
  const { epochBlocks, activationDelayBlocks, unbondingPeriodMs } = parameters;
  return {
    height,
    nextDecision: epoch.lastHeight,
    epochBlocks,
    activationDelayBlocks,
    unbondingPeriodMs,
    powerReduction: BigInt(parameters.powerReduction),
    minSelfStake: BigInt(parameters.minSelfStake),
    minDelegation: BigInt(parameters.minDelegation),
    totalPower,
  };
}

/** @param address of its consensus key or its operator */
export function readValidatorAnswer(api: ApiClient, address: string): Promise<ValidatorAnswer> {
  return api.get<ValidatorAnswer>(`/validators/${encodeURIComponent(address)}`);
}

/**
 * The validator that an address belongs to, when there is one: of an operator, or of a consensus key that it has or
 * had.
 */
export async function findRegistered(api: ApiClient, address: string): Promise<ValidatorAnswer | undefined> {
  try {
    return await readValidatorAnswer(api, address);
  } catch (error) {
    const isUnknown =
      isCodedError(error, 'cli.node-refused') && error.details['code'] === 'gateway.validator-not-found';
    if (isUnknown) return undefined;
    throw error;
  }
}

export function validatorFacts(answer: ValidatorAnswer): ValidatorFacts {
  const { operator, name, status, exiting, power, commission, jailedUntil } = answer;
  return {
    operator,
    name,
    status,
    isExiting: exiting,
    stake: BigInt(answer.stake),
    selfStake: BigInt(answer.selfStake),
    minSelfStake: BigInt(answer.minSelfStake),
    power,
    commission,
    commissionDue: BigInt(answer.commissionDue),
    jailedUntilMs: jailedUntil === null ? 0 : Date.parse(jailedUntil),
  };
}

export async function readBalance(api: ApiClient, account: string): Promise<bigint> {
  return BigInt((await api.get<{ balance: string }>(`/accounts/${account}`)).balance);
}

/** What an account has bonded at a validator; nothing where there is none. */
export async function readDelegation(
  api: ApiClient,
  account: string,
  operator: string,
): Promise<DelegationFacts> {
  for await (const item of pagesOf<DelegationItem>(api, `/accounts/${account}/delegations`)) {
    if (item.validator !== operator) continue;
    const { amount, rewards, redelegableFrom } = item;
    const hopAfterMs = redelegableFrom === null ? 0 : Date.parse(redelegableFrom);
    return { amount: BigInt(amount), rewards: BigInt(rewards), hopAfterMs };
  }
  return { amount: 0n, rewards: 0n, hopAfterMs: 0 };
}

/** What an account is releasing from a validator, in the order of the ends. */
export async function readUnbondings(
  api: ApiClient,
  account: string,
  operator: string,
): Promise<UnbondingFacts[]> {
  const found: UnbondingFacts[] = [];
  for await (const { validator, amount, endMs } of pagesOf<UnbondingItem>(
    api,
    `/accounts/${account}/unbondings`,
  )) {
    if (validator === operator) found.push({ validator, amount: BigInt(amount), endMs: Number(endMs) });
  }
  return found;
}

/** Everything of a list, for people to see: an account has stake at few validators. */
export async function allOf<Item>(api: ApiClient, path: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of pagesOf<Item>(api, path)) items.push(item);
  return items;
}

async function* pagesOf<Item>(api: ApiClient, path: string): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(PAGE_ITEMS), ...(cursor !== undefined && { cursor }) });
    const page = await api.get<Page<Item>>(`${path}?${query.toString()}`);
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
