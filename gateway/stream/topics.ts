import { fromHex, parseAddress, toHex } from '#kernel';
import { gatewayError } from '../errors.ts';

/** Topics of what is final: replayable. */
export const CHAIN_TOPICS = ['blocks', 'transactions', 'receipts', 'validators'] as const;
/** Topics of what happens on this node: best effort, no replay. */
export const LOCAL_TOPICS = ['consensus', 'network'] as const;
export const TOPICS = [...CHAIN_TOPICS, ...LOCAL_TOPICS] as const;
export type ChainTopic = (typeof CHAIN_TOPICS)[number];
export type LocalTopic = (typeof LOCAL_TOPICS)[number];
export type Topic = (typeof TOPICS)[number];

/** What of a topic a client wants. */
export interface TopicFilter {
  /** Lower-case hex of a transaction's hash. */
  readonly hash?: string;
  /** Lower-case hex of an address. */
  readonly account?: string;
}

export function isChainTopic(topic: Topic): topic is ChainTopic {
  return CHAIN_TOPICS.some((known) => known === topic);
}

/** True for a topic of which an account can be followed. */
export function takesAccount(topic: Topic): boolean {
  return topic === 'transactions' || topic === 'receipts' || topic === 'validators';
}

/** @throws `gateway.unknown-topic` */
export function parseTopic(text: string): Topic {
  const topic = TOPICS.find((known) => known === text);
  if (topic !== undefined) return topic;
  throw gatewayError(
    'unknown-topic',
    `there is no topic "${text.slice(0, 40)}"; there are ${TOPICS.join(', ')}`,
  );
}

/**
 * The filter of a subscription, checked against its topic.
 *
 * @throws `gateway.filter-required`, `gateway.filter-unsupported`, `kernel.malformed-hex`,
 *   `kernel.malformed-address`
 */
export function parseFilter(
  topic: Topic,
  hash: string | undefined,
  account: string | undefined,
): TopicFilter {
  if (hash !== undefined && topic !== 'receipts') {
    throw gatewayError('filter-unsupported', `only receipts can be chosen by hash, not ${topic}`);
  }
  if (account !== undefined && !takesAccount(topic)) {
    throw gatewayError('filter-unsupported', `${topic} cannot be chosen by account`);
  }
  if (hash !== undefined && account !== undefined) {
    throw gatewayError('filter-unsupported', 'give a hash or an account, not both');
  }
  if (topic === 'receipts' && hash === undefined && account === undefined) {
    throw gatewayError(
      'filter-required',
      'receipts come by hash or by account; for every transaction subscribe to transactions',
    );
  }
  if (hash !== undefined) return { hash: toHex(fromHex(hash, 32)) };
  return account === undefined ? {} : { account: toHex(parseAddress(account)) };
}

export function sameFilter(a: TopicFilter, b: TopicFilter): boolean {
  return a.hash === b.hash && a.account === b.account;
}
