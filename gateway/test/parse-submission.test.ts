import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isCodedError, toHex } from '#kernel';
import { parseBinarySubmission, parseSubmission } from '../submission/parse-submission.ts';
import { framed } from './fakes.ts';

const noJson = () => assert.fail('not a transaction in JSON form');
const code = (reason: string) => (error: unknown) => isCodedError(error, `gateway.${reason}`);

describe('a binary submission', () => {
  it('gives back what was framed, for any transactions', () => {
    const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(anyBytes, { minLength: 1, maxLength: 20 }), (list) => {
        const body = framed(...list.map((bytes) => ({ bytes })));
        const { encoded, single } = parseBinarySubmission(body, 20);
        assert.deepEqual(encoded.map(toHex), list.map(toHex));
        assert.equal(single, list.length === 1);
      }),
    );
  });

  it('either parses to its very bytes or is refused by code, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (body) => {
        try {
          const { encoded } = parseBinarySubmission(body, 5);
          assert.equal(toHex(framed(...encoded.map((bytes) => ({ bytes })))), toHex(body));
        } catch (error) {
          assert.ok(isCodedError(error), String(error));
        }
      }),
    );
  });

  it('names the offset of a length that lies', () => {
    const body = Buffer.concat([
      framed({ bytes: Uint8Array.of(1, 2) }),
      Buffer.from([255, 255, 255, 255, 1]),
    ]);
    assert.throws(
      () => parseBinarySubmission(body, 5),
      (error) => {
        assert.ok(isCodedError(error, 'gateway.malformed-submission'));
        assert.equal(error.details['offset'], 6);
        return true;
      },
    );
  });

  it('is refused when empty, with a zero length, cut off, or with too many', () => {
    const one = { bytes: Uint8Array.of(1) };
    assert.throws(() => parseBinarySubmission(new Uint8Array(0), 5), code('malformed-submission'));
    assert.throws(() => parseBinarySubmission(Uint8Array.of(0, 0, 0, 0), 5), code('malformed-submission'));
    assert.throws(() => parseBinarySubmission(Uint8Array.of(0, 0), 5), code('malformed-submission'));
    assert.throws(() => parseBinarySubmission(framed(one, one, one), 2), code('too-many-transactions'));
  });
});

describe('a JSON submission', () => {
  it('holds one in hexadecimal, many, or one member by member', () => {
    const one = parseSubmission({ transaction: '0102' }, 5, noJson);
    assert.deepEqual([one.encoded.map(toHex), one.single], [['0102'], true]);
    const many = parseSubmission({ transactions: ['01', '02'] }, 5, noJson);
    assert.deepEqual([many.encoded.map(toHex), many.single], [['01', '02'], false]);
    const json = parseSubmission({ payload: {}, signature: '' }, 5, () => Uint8Array.of(9));
    assert.deepEqual([json.encoded.map(toHex), json.single], [['09'], true]);
  });

  it('names the member that is not hexadecimal', () => {
    for (const bad of ['xy', '123', '', 5 as unknown as string]) {
      assert.throws(
        () => parseSubmission({ transactions: ['01', bad] }, 5, noJson),
        (error) =>
          isCodedError(error, 'gateway.malformed-submission') && error.details['member'] === 'transactions/1',
      );
    }
    assert.throws(() => parseSubmission({ transactions: [] }, 5, noJson), code('malformed-submission'));
    assert.throws(
      () => parseSubmission({ transactions: ['01', '02'] }, 1, noJson),
      code('too-many-transactions'),
    );
  });
});
