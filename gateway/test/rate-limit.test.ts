import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bucketKey, isLoopback, RateLimiter, TokenBucket } from '../http/rate-limit.ts';

const clockAt = (nowMs: number) => ({ now: () => nowMs, monotonic: () => nowMs });

describe('the token bucket', () => {
  it('gives its burst at once, then one at a time, and says how long to wait', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 2 }, 0);
    assert.equal(bucket.take(0), 0);
    assert.equal(bucket.take(0), 0);
    assert.equal(bucket.take(0), 100);
    assert.equal(bucket.take(50), 50);
    assert.equal(bucket.take(100), 0);
  });

  it('never holds more than its burst', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 2 }, 0);
    assert.deepEqual([bucket.take(1e6), bucket.take(1e6), bucket.take(1e6)], [0, 0, 100]);
  });
});

describe('the rate limiter', () => {
  it('counts each address for itself and remembers a bounded number', () => {
    const clock = clockAt(0);
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, 3, clock);
    assert.equal(limiter.take('10.0.0.1'), 0);
    assert.ok(limiter.take('10.0.0.1') > 0);
    assert.equal(limiter.take('10.0.0.2'), 0);
    for (let i = 0; i < 50; i++) limiter.take(`10.0.1.${i}`);
    assert.equal(limiter.addresses, 3);
  });

  it('keeps the bucket of an address in use when others come and go', () => {
    const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, 2, clockAt(0));
    limiter.take('10.0.0.1');
    for (let i = 0; i < 5; i++) {
      limiter.take(`10.0.1.${i}`);
      assert.ok(limiter.take('10.0.0.1') > 0);
    }
  });

  it('takes the /64 of an IPv6 address as one, and mapped IPv4 as IPv4', () => {
    assert.equal(bucketKey('2001:db8:1:2:3:4:5:6'), bucketKey('2001:db8:1:2::9'));
    assert.equal(bucketKey('2001:0db8::1'), bucketKey('2001:db8::2'));
    assert.notEqual(bucketKey('2001:db8:1:2::9'), bucketKey('2001:db8:1:3::9'));
    assert.equal(bucketKey('::ffff:10.0.0.1'), '10.0.0.1');
  });

  it('knows loopback in all its forms', () => {
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
      assert.ok(isLoopback(address));
    for (const address of ['10.0.0.1', '::2', '128.0.0.1', '::ffff:10.0.0.1'])
      assert.ok(!isLoopback(address));
  });
});
