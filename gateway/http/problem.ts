import { CodedError, type ErrorDetail } from '#kernel';
import { STATUS_CODES } from 'node:http';
import { gatewayError } from '../errors.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** One fault of a request that broke its schema. */
export interface MemberFault {
  /** JSON pointer into the part, e.g. `/outputs/0/amount`. */
  readonly path: string;
  /** `body`, `querystring`, `params` or `headers`. */
  readonly part: string;
  readonly message: string;
}

/** Problem details (RFC 9457) with the extensions of this API. */
export interface Problem {
  /** URI reference that identifies the kind of problem; carries the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly instance?: string;
  readonly requestId?: string;
  readonly details?: Readonly<Record<string, ErrorDetail>>;
  readonly errors?: readonly MemberFault[];
}

/** What only the request knows of a problem. */
export interface ProblemContext {
  readonly instance?: string;
  readonly requestId?: string;
  readonly errors?: readonly MemberFault[];
}

/** Problem document of a coded error. A fault of the node keeps its reason to itself: the log has it. */
export function problemOf(error: CodedError, context: ProblemContext = {}): Problem {
  const hidden = error.status === 500;
  const detail = hidden
    ? `the node failed to answer; its log has the reason under request ${context.requestId ?? 'unknown'}`
    : error.message;
  return {
    type: `urn:bizra:error:${error.code}`,
    title: error.title,
    status: error.status,
    detail,
    code: error.code,
    ...(context.instance === undefined ? {} : { instance: context.instance }),
    ...(context.requestId === undefined ? {} : { requestId: context.requestId }),
    ...(hidden || Object.keys(error.details).length === 0 ? {} : { details: error.details }),
    ...(context.errors === undefined ? {} : { errors: context.errors }),
  };
}

/** Errors that the HTTP framework raises, and the code that stands for each here. */
const FRAMEWORK_CODES: Readonly<Record<string, Parameters<typeof gatewayError>[0]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-request',
  FST_ERR_BAD_URL: 'malformed-request',
};

/**
 * The coded error of whatever a handler or the framework threw. What is not understood becomes
 * `gateway.internal`.
 */
export function codedErrorOf(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const { code, statusCode, message } = frameworkFields(error);
  const reason = code === undefined ? undefined : FRAMEWORK_CODES[code];
  if (reason !== undefined) return gatewayError(reason, advise(reason, message), {}, { cause: error });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const title = STATUS_CODES[statusCode] ?? 'refused';
    return gatewayError('malformed-request', `${title}: ${message}`, {}, { cause: error });
  }
  return gatewayError('internal', message, {}, { cause: error });
}

function frameworkFields(error: unknown): { code?: string; statusCode?: number; message: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const statusCode =
    'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
  return {
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(statusCode === undefined ? {} : { statusCode }),
  };
}

function advise(reason: Parameters<typeof gatewayError>[0], message: string): string {
  switch (reason) {
    case 'unsupported-media-type':
      return `${message}; see the resource in /api/v2/openapi.json for what it takes`;
    case 'malformed-json':
      return `the body cannot be read as JSON: ${message}`;
    case 'body-too-large':
      return 'the body is over the limit of this resource; send less at once';
    default:
      return message;
  }
}
