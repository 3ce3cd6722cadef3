import { fromHex, isCodedError, type CodedError } from '#kernel';
import { gatewayError } from '../errors.ts';
import { receiptToJson } from '../json/transaction-json.ts';
import { LIMITS } from '../limits.ts';
import type { ChainReader } from '../ports.ts';
import { formatCursor, parseCursor, type StreamCursor } from './cursor.ts';
import type { FeedSource } from './feed-source.ts';
import { parseClientMessage, type SubscribeMessage, type UnsubscribeMessage } from './messages.ts';
import { CLOSE, type StreamClient } from './stream-client.ts';
import { ChainSubscription } from './subscription.ts';
import {
  isChainTopic,
  parseFilter,
  parseTopic,
  type ChainTopic,
  type LocalTopic,
  type Topic,
  type TopicFilter,
} from './topics.ts';

/** What a session reads. */
export interface SessionPorts {
  readonly chain: ChainReader;
  readonly feeds: FeedSource;
  /** Reports a failure that is not the client's. */
  readonly onFailure: (error: unknown) => void;
}

/** One client's subscriptions and their delivery. Each goes at the client's own pace and stalls nobody else. */
export class StreamSession {
  readonly client: StreamClient;
  readonly #ports: SessionPorts;
  readonly #local = new Set<LocalTopic>();
  readonly #chain = new Set<ChainSubscription>();

  constructor(client: StreamClient, ports: SessionPorts) {
    this.client = client;
    this.#ports = ports;
  }

  get subscriptions(): number {
    let count = this.#local.size;
    for (const { topics } of this.#chain) count += topics.size;
    return count;
  }

  /** Does what a message asks; what is wrong with it comes back as an error message. */
  take(text: string): void {
    if (!this.client.mayTalk()) {
      const message = `send at most ${LIMITS.streamMessagesPerSecond} messages a second`;
      this.client.sendError(gatewayError('too-many-messages', message));
      return this.client.close(CLOSE.policy, 'too many messages');
    }
    let correlation = {};
    try {
      const message = parseClientMessage(text);
      correlation = message.id === undefined ? {} : { id: message.id };
      if ('subscribe' in message) this.#onSubscribe(message, correlation);
      else this.#onUnsubscribe(message, correlation);
    } catch (error) {
      this.refuse(error, correlation);
    }
  }

  /** Tells the client why something was refused. */
  refuse(error: unknown, correlation: object = {}): void {
    if (isCodedError(error)) return this.client.sendError(error, correlation);
    this.#ports.onFailure(error);
    this.client.sendError(gatewayError('internal', 'the node failed'), correlation);
  }

  #onSubscribe(message: SubscribeMessage, correlation: object): void {
    const topic = parseTopic(message.subscribe);
    const filter = parseFilter(topic, message.hash, message.account);
    const cursor = this.subscribe([topic], () => filter, message.cursor);
    const { hash, account } = message;
    this.client.sendJson({
      subscribed: topic,
      ...(hash === undefined ? {} : { hash }),
      ...(account === undefined ? {} : { account }),
      cursor,
      ...correlation,
    });
  }

  /**
   * Subscribes to topics that share a place in the chain.
   *
   * @param cursorText place after which to begin; without one, what becomes final from now on
   * @returns the cursor after which delivery begins, or null when no topic has one
   * @throws `gateway.too-many-subscriptions`, `gateway.malformed-cursor`, `gateway.cursor-ahead`,
   *   `gateway.cursor-too-old`, `gateway.filter-unsupported`
   */
  subscribe(
    topics: readonly Topic[],
    filterOf: (topic: Topic) => TopicFilter,
    cursorText: string | undefined,
  ): string | null {
    const max = LIMITS.streamSubscriptionsMax;
    if (this.subscriptions + topics.length > max) {
      const message = `a client has ${max} subscriptions at most; unsubscribe from some or open another stream`;
      throw gatewayError('too-many-subscriptions', message, { max });
    }
    const chainTopics = topics.filter(isChainTopic);
    if (cursorText !== undefined && chainTopics.length === 0) {
      throw gatewayError(
        'filter-unsupported',
        `${topics.join(', ')} cannot be replayed: leave out the cursor`,
      );
    }
    const start = this.#startOf(cursorText);
    for (const topic of topics) if (!isChainTopic(topic)) this.#local.add(topic);
    if (chainTopics.length === 0) return null;
    // The receipt of one transaction comes once: it is followed by itself.
    const lone = chainTopics.filter((topic) => filterOf(topic).hash !== undefined);
    const together = chainTopics.filter((topic) => !lone.includes(topic));
    for (const group of [lone, together]) {
      if (group.length > 0) this.#follow(group, filterOf, start, cursorText === undefined);
    }
    return start.position < 0 ? String(start.height - 1) : formatCursor(start.height, start.position);
  }

  /** Begins a subscription; one that covers the same is replaced. */
  #follow(
    topics: readonly ChainTopic[],
    filterOf: (topic: ChainTopic) => TopicFilter,
    start: StreamCursor,
    isLive: boolean,
  ): void {
    for (const topic of topics) {
      for (const held of this.#chain) this.#leave(held, topic, filterOf(topic));
    }
    const filtered = topics.find((topic) => topic !== 'blocks');
    const filter = filtered === undefined ? {} : filterOf(filtered);
    const subscription = new ChainSubscription(topics, filter, start);
    this.#chain.add(subscription);
    if (isLive && filter.hash !== undefined) void this.#deliverIfFinal(subscription, filter.hash);
    else void this.#run(subscription);
  }

  #startOf(cursorText: string | undefined): StreamCursor {
    const { height: tip } = this.#ports.chain.tip();
    if (cursorText === undefined) return { height: tip + 1, position: -1 };
    const cursor = parseCursor(cursorText);
    if (cursor.height > tip + 1 + LIMITS.streamCursorAheadMax) {
      const message = `the cursor ${cursorText} is far ahead of the chain at ${tip}; is it of another chain?`;
      throw gatewayError('cursor-ahead', message, { tip });
    }
    if (tip - cursor.height > LIMITS.streamReplayHeightsMax) throw tooOld(tip);
    return cursor;
  }

  #onUnsubscribe(message: UnsubscribeMessage, correlation: object): void {
    const topic = parseTopic(message.unsubscribe);
    const isWhole = message.hash === undefined && message.account === undefined;
    const filter = isWhole ? undefined : parseFilter(topic, message.hash, message.account);
    if (!isChainTopic(topic)) this.#local.delete(topic);
    else for (const subscription of this.#chain) this.#leave(subscription, topic, filter);
    this.client.sendJson({ unsubscribed: topic, ...correlation });
  }

  #leave(subscription: ChainSubscription, topic: ChainTopic, filter: TopicFilter | undefined): void {
    if (filter !== undefined && !subscription.covers(topic, filter)) return;
    subscription.topics.delete(topic);
    if (subscription.topics.size === 0) this.#end(subscription);
  }

  #end(subscription: ChainSubscription): void {
    subscription.isOver = true;
    this.#chain.delete(subscription);
  }

  /** A block became final. */
  wake(): void {
    for (const subscription of this.#chain) void this.#run(subscription);
  }

  /** True when the client follows what happens on this node under `topic`. */
  follows(topic: LocalTopic): boolean {
    return this.#local.has(topic);
  }

  /** The mempool gave up a transaction: whoever waits for its receipt hears why. */
  dropped(hash: string, reason: CodedError): void {
    for (const subscription of this.#chain) {
      if (subscription.filter.hash !== hash) continue;
      const data = { hash, status: 'dropped', code: reason.code, detail: reason.message };
      this.client.sendJson({ topic: 'receipts', cursor: null, data });
      this.#complete(subscription, hash);
    }
  }

  /** The client is gone. */
  end(): void {
    for (const subscription of this.#chain) this.#end(subscription);
    this.#local.clear();
  }

  /** A receipt comes once: its subscription ends by itself. */
  #complete(subscription: ChainSubscription, hash: string): void {
    this.#end(subscription);
    this.client.sendJson({ unsubscribed: 'receipts', hash, reason: 'complete' });
  }

  async #deliverIfFinal(subscription: ChainSubscription, hash: string): Promise<void> {
    try {
      const final = await this.#ports.chain.transaction(fromHex(hash, 32));
      if (final === undefined || subscription.isOver) return void this.#run(subscription);
      const { height, index, receipt } = final;
      const cursor = formatCursor(height, index + 1);
      this.client.sendJson({
        topic: 'receipts',
        cursor,
        data: { ...receiptToJson(receipt), height, index },
      });
      this.#complete(subscription, hash);
    } catch (error) {
      this.#end(subscription);
      this.refuse(error);
    }
  }

  /** Delivers what is final and not delivered yet; goes on at the next block. */
  async #run(subscription: ChainSubscription): Promise<void> {
    if (subscription.isRunning || subscription.isOver) return;
    subscription.isRunning = true;
    try {
      while (this.#isBehind(subscription)) await this.#deliverBlock(subscription);
    } catch (error) {
      this.#end(subscription);
      this.refuse(error, { unsubscribed: [...subscription.topics] });
    } finally {
      subscription.isRunning = false;
    }
  }

  #isBehind(subscription: ChainSubscription): boolean {
    const { height: tip } = this.#ports.chain.tip();
    return this.client.isOpen && !subscription.isOver && subscription.height <= tip;
  }

  async #deliverBlock(subscription: ChainSubscription): Promise<void> {
    const { height: tip } = this.#ports.chain.tip();
    if (tip - subscription.height > LIMITS.streamReplayHeightsMax) throw tooOld(tip);
    const feed = await this.#ports.feeds.at(subscription.height);
    if (feed === undefined) throw tooOld(tip);
    let sent = 0;
    for (const item of subscription.itemsOf(feed)) {
      if (subscription.isOver || !this.client.isOpen) return;
      this.client.lastCursor = subscription.cursorOf(item);
      this.client.send(item.message);
      if (++sent % LIMITS.streamSlice === 0) await this.client.drained();
    }
    const { hash } = subscription.filter;
    if (sent > 0 && hash !== undefined) return this.#complete(subscription, hash);
    subscription.advance();
    if (sent > 0) await this.client.drained();
  }
}

function tooOld(tip: number) {
  return gatewayError(
    'cursor-too-old',
    `the cursor is more than ${LIMITS.streamReplayHeightsMax} heights behind ${tip}, or pruned here; page through /api/v2/blocks and subscribe from the tip`,
    { tip },
  );
}
