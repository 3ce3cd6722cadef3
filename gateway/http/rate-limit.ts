import { isIPv6 } from 'node:net';
import type { Clock } from '#kernel';
import type { RateLimit } from '../limits.ts';

/** A bucket of tokens that fills with time. */
export class TokenBucket {
  #tokens: number;
  #filledAtMs: number;
  readonly #perSecond: number;
  readonly #burst: number;

  constructor(limit: RateLimit, nowMs: number) {
    this.#perSecond = limit.perSecond;
    this.#burst = limit.burst;
    this.#tokens = limit.burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes a token. @returns 0, or the milliseconds until there is one */
  take(nowMs: number): number {
    const gained = ((nowMs - this.#filledAtMs) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return ((1 - this.#tokens) * 1000) / this.#perSecond;
    this.#tokens -= 1;
    return 0;
  }
}

/** A token bucket for each address, for a bounded number of addresses. */
export class RateLimiter {
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #limit: RateLimit;
  readonly #addressesMax: number;
  readonly #clock: Clock;

  constructor(limit: RateLimit, addressesMax: number, clock: Clock) {
    this.#limit = limit;
    this.#addressesMax = addressesMax;
    this.#clock = clock;
  }

  get addresses(): number {
    return this.#buckets.size;
  }

  /** @returns 0 when `address` may go on, otherwise the milliseconds that it should wait */
  take(address: string): number {
    const key = bucketKey(address);
    const nowMs = this.#clock.monotonic();
    let bucket = this.#buckets.get(key);
    // The map keeps the order of last use: the first one is unused for longest.
    if (bucket !== undefined) this.#buckets.delete(key);
    else bucket = new TokenBucket(this.#limit, nowMs);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#addressesMax) {
      const oldest = this.#buckets.keys().next();
      if (oldest.done !== true) this.#buckets.delete(oldest.value);
    }
    return bucket.take(nowMs);
  }
}

/** True for the addresses of the machine itself. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}

/** An IPv4 address, or the /64 network of an IPv6 address: a single host has all of it. */
export function bucketKey(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice('::ffff:'.length);
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: gap }, () => '0'), ...back];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
