import { fromHex } from '#kernel';
import { gatewayError } from '../errors.ts';

/** Encoded transactions that a request holds, not decoded yet. */
export interface Submission {
  readonly encoded: readonly Uint8Array[];
  /** True when the form of the request is that of exactly one. */
  readonly single: boolean;
}

/** The JSON forms: hexadecimal encodings, or one transaction member by member. */
export type SubmissionJson =
  | { readonly transaction: string }
  | { readonly transactions: readonly string[] }
  | Readonly<Record<string, unknown>>;

/**
 * Transactions of a binary submission: each is a 32-bit big-endian length and that many bytes. The result
 * shares memory with `body`.
 *
 * @throws `gateway.malformed-submission` naming the offset, `gateway.too-many-transactions`
 */
export function parseBinarySubmission(body: Uint8Array, countMax: number): Submission {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const encoded: Uint8Array[] = [];
  let offset = 0;
  while (offset < body.length) {
    if (encoded.length === countMax) throw tooMany(countMax);
    if (body.length - offset < 4) {
      throw malformed(`${body.length - offset} bytes are left at offset ${offset}, a length takes 4`, offset);
    }
    const length = view.getUint32(offset);
    const start = offset + 4;
    if (length === 0) throw malformed(`the length at offset ${offset} is 0`, offset);
    if (length > body.length - start) {
      const left = body.length - start;
      throw malformed(`the length at offset ${offset} is ${length}, but ${left} bytes follow`, offset);
    }
    encoded.push(body.subarray(start, start + length));
    offset = start + length;
  }
  if (encoded.length === 0) throw malformed('the body is empty', 0);
  return { encoded, single: encoded.length === 1 };
}

/**
 * Transactions of a JSON submission.
 *
 * @param encodeJson encoding of a transaction given member by member
 * @throws `gateway.malformed-submission`, `gateway.too-many-transactions`, and what `encodeJson` throws
 */
export function parseJsonSubmission(
  body: SubmissionJson,
  countMax: number,
  encodeJson: (value: unknown) => Uint8Array,
): Submission {
  if ('transactions' in body && Array.isArray(body.transactions)) {
    if (body.transactions.length > countMax) throw tooMany(countMax);
    if (body.transactions.length === 0)
      throw gatewayError('malformed-submission', 'the list of transactions is empty');
    const encoded = body.transactions.map((text: unknown, index) => bytesOf(text, `transactions/${index}`));
    return { encoded, single: false };
  }
  if ('transaction' in body) return { encoded: [bytesOf(body.transaction, 'transaction')], single: true };
  return { encoded: [encodeJson(body)], single: true };
}

/**
 * Transactions of a submission of either form.
 *
 * @throws as `parseBinarySubmission` and `parseJsonSubmission`
 */
export function parseSubmission(
  body: Uint8Array | SubmissionJson,
  countMax: number,
  encodeJson: (value: unknown) => Uint8Array,
): Submission {
  if (body instanceof Uint8Array) return parseBinarySubmission(body, countMax);
  return parseJsonSubmission(body, countMax, encodeJson);
}

function bytesOf(text: unknown, member: string): Uint8Array {
  if (typeof text !== 'string' || text === '')
    throw gatewayError('malformed-submission', `${member} is not hexadecimal text`, { member });
  try {
    return fromHex(text);
  } catch (cause) {
    throw gatewayError(
      'malformed-submission',
      `${member} is not hexadecimal text; give the encoded transaction in hexadecimal`,
      { member },
      { cause },
    );
  }
}

function malformed(why: string, offset: number) {
  const form = 'give each transaction as a 32-bit big-endian length and its bytes';
  return gatewayError('malformed-submission', `${why}; ${form}`, { offset });
}

function tooMany(countMax: number) {
  const message = `a request takes ${countMax} transactions at most; send the rest in another one`;
  return gatewayError('too-many-transactions', message, { countMax });
}
