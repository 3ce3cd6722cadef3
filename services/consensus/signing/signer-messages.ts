import { ByteListType, ContainerType, UintNumberType } from '@chainsafe/ssz';
import { codec, fromUtf8, isCodedError, SIGNATURE_BYTES, uint64, utf8 } from '#kernel';
import { consensusError } from '../errors.ts';
import { SIGNER_ANSWER_BYTES_MAX, SIGNER_REQUEST_BYTES_MAX } from '../limits.ts';

/** The request protocol between a node and its signer. */
export const SIGNER_PROTOCOL = '/node0/signer/1';

/** Numbers of the kinds of requests. Append only. */
const KINDS = { acquire: 1, renew: 2, release: 3, vote: 4, proposal: 5 } as const;
export type SignerRequestKind = keyof typeof KINDS;

/** What a node asks of its signer. */
export interface SignerRequest {
  readonly kind: SignerRequestKind;
  /** Of the lease; 0 to acquire one. */
  readonly token: number;
  /** Encoded body of the vote or proposal; empty otherwise. A signer is never given a digest. */
  readonly body: Uint8Array;
}

/** What a signer answers with, by number. Append only. */
const STATUSES = [
  'ok',
  'consensus.signer-standby',
  'consensus.sign-fenced',
  'consensus.sign-regression',
  'consensus.sign-conflict',
  'consensus.sign-locked',
  'consensus.signer-malformed',
  'consensus.signer-failed',
] as const;
export type SignerStatusCode = (typeof STATUSES)[number];

export interface SignerAnswer {
  readonly status: SignerStatusCode;
  /** Of the lease that is granted; otherwise 0. */
  readonly token: number;
  /** Granted: the lease's time; held by another: what is left of it; otherwise 0. Milliseconds. */
  readonly forMs: number;
  /** 64 bytes, or none. */
  readonly signature: Uint8Array;
  /** CONS-16: refused, because the key said this in the place, with `signature`; empty otherwise. */
  readonly body: Uint8Array;
  /** For people, where the status is not ok. */
  readonly reason: string;
}

const REASON_BYTES_MAX = 512;
const BODY_BYTES_MAX = 64;

const requestWire = codec(
  'signer request',
  new ContainerType({ kind: new UintNumberType(1), token: uint64, body: new ByteListType(BODY_BYTES_MAX) }),
  SIGNER_REQUEST_BYTES_MAX,
);
const answerWire = codec(
  'signer answer',
  new ContainerType({
    status: new UintNumberType(1),
    token: uint64,
    forMs: uint64,
    signature: new ByteListType(SIGNATURE_BYTES),
    body: new ByteListType(BODY_BYTES_MAX),
    reason: new ByteListType(REASON_BYTES_MAX),
  }),
  SIGNER_ANSWER_BYTES_MAX,
);

export function encodeSignerRequest(request: SignerRequest): Uint8Array {
  return requestWire.encode({ ...request, kind: KINDS[request.kind] });
}

/** @throws `consensus.signer-malformed` for anything but the one encoding of a request */
export function decodeSignerRequest(bytes: Uint8Array): SignerRequest {
  const { kind: number, ...rest } = decoded(() => requestWire.decode(bytes));
  const kind = (Object.keys(KINDS) as SignerRequestKind[]).find((name) => KINDS[name] === number);
  const hasBody = kind === 'vote' || kind === 'proposal';
  if (kind === undefined || hasBody !== rest.body.length > 0) throw malformed(`kind ${number}`);
  return { ...rest, kind };
}

export function encodeSignerAnswer(answer: SignerAnswer): Uint8Array {
  return answerWire.encode({
    ...answer,
    status: STATUSES.indexOf(answer.status),
    reason: utf8(answer.reason).subarray(0, REASON_BYTES_MAX),
  });
}

/** @throws `consensus.signer-malformed` */
export function decodeSignerAnswer(bytes: Uint8Array): SignerAnswer {
  const { status: number, reason, ...rest } = decoded(() => answerWire.decode(bytes));
  const status = STATUSES[number];
  if (status === undefined) throw malformed(`status ${number}`);
  // A reason that was cut within a character is still worth reading.
  return { ...rest, status, reason: decoded(() => fromUtf8(reason), '') };
}

function decoded<Value>(read: () => Value, otherwise?: Value): Value {
  try {
    return read();
  } catch (cause) {
    if (otherwise !== undefined) return otherwise;
    if (!isCodedError(cause)) throw cause;
    throw malformed(cause.message);
  }
}

function malformed(what: string) {
  return consensusError('signer-malformed', `the bytes are no message of ${SIGNER_PROTOCOL}: ${what}`, {
    what,
  });
}
