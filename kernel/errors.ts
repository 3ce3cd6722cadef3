/**
 * The one family of errors. A context declares its errors once, in its `errors.ts`; the REST edge renders
 * them as RFC 9457 problem details, the network reads what to do with the peer that caused one.
 */

/** What whoever meets the error does: with the input, and with the peer that sent it. */
export type ErrorAction = 'ignore' | 'reject' | 'penalise' | 'retry' | 'halt';

export type ErrorDetail =
  | string
  | number
  | boolean
  | null
  | readonly ErrorDetail[]
  | { [key: string]: ErrorDetail };

export interface ErrorDefinition {
  /** HTTP status at the REST edge. */
  readonly status: number;
  readonly action: ErrorAction;
  /** One sentence that is the same for every occurrence. */
  readonly title: string;
}

export interface RegisteredError extends ErrorDefinition {
  /** `context.reason`, stable for ever: a retired code is never given another meaning. */
  readonly code: string;
}

export class CodedError extends Error {
  readonly code: string;
  readonly title: string;
  readonly status: number;
  readonly action: ErrorAction;
  readonly details: Readonly<Record<string, ErrorDetail>>;

  constructor(
    definition: RegisteredError,
    message: string,
    details: Readonly<Record<string, ErrorDetail>> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'CodedError';
    this.code = definition.code;
    this.title = definition.title;
    this.status = definition.status;
    this.action = definition.action;
    this.details = details;
  }
}

const registry = new Map<string, RegisteredError>();

/** Makes one error of a context: `(reason, message, details)`; the message says what happened and what to do. */
export type ErrorFactory<Reason extends string> = (
  reason: Reason,
  message: string,
  details?: Readonly<Record<string, ErrorDetail>>,
  options?: { cause?: unknown },
) => CodedError;

/**
 * Declares a context's errors and returns their factory.
 *
 * @param context dotted prefix of the codes, e.g. `mempool` or `engine.state`
 * @throws Error when a code is declared twice, which is a mistake of the program
 */
export function defineErrors<const Table extends Readonly<Record<string, ErrorDefinition>>>(
  context: string,
  table: Table,
): ErrorFactory<keyof Table & string> {
  for (const [reason, definition] of Object.entries(table)) {
    const code = `${context}.${reason}`;
    if (registry.has(code)) throw new Error(`the error code ${code} is declared twice`);
    registry.set(code, { code, ...definition });
  }
  return (reason, message, details, options) => {
    const definition = registry.get(`${context}.${reason}`);
    if (definition === undefined) throw new Error(`the error code ${context}.${reason} is not declared`);
    return definition.action === 'halt'
      ? new CodedError(definition, message, details, options)
      : withoutStack(() => new CodedError(definition, message, details, options));
  };
}

/** Refusals are answers, not faults: under attack they are made by the thousand, and their stacks cost the most. */
function withoutStack(make: () => CodedError): CodedError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Every code declared by the modules loaded so far, sorted: the source of the error reference. */
export function registeredErrors(): readonly RegisteredError[] {
  return [...registry.values()].toSorted((a, b) => (a.code < b.code ? -1 : 1));
}

/** True for an error of the family, of the given code when one is named. */
export function isCodedError(error: unknown, code?: string): error is CodedError {
  return error instanceof CodedError && (code === undefined || error.code === code);
}

/** A value, or the coded reason why there is none. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: CodedError };

export function ok<Value>(value: Value): Result<Value> {
  return { ok: true, value };
}

export function err(error: CodedError): { readonly ok: false; readonly error: CodedError } {
  return { ok: false, error };
}

export const kernelError = defineErrors('kernel', {
  'malformed-hex': { status: 400, action: 'reject', title: 'Not hexadecimal text of the expected length' },
  'malformed-text': { status: 400, action: 'reject', title: 'Not valid UTF-8' },
  'malformed-address': { status: 400, action: 'reject', title: 'Not an address of this ledger' },
  'malformed-amount': { status: 400, action: 'reject', title: 'Not an amount' },
  'amount-overflow': {
    status: 422,
    action: 'reject',
    title: 'An amount left the range of unsigned 128 bits',
  },
  'malformed-encoding': { status: 400, action: 'penalise', title: 'Not the one encoding of its type' },
  'too-large': { status: 413, action: 'penalise', title: 'Larger than its type allows' },
  'unencodable-value': { status: 400, action: 'reject', title: 'A value is outside its type' },
  'malformed-key': { status: 400, action: 'reject', title: 'Not a usable key' },
  'keystore-malformed': { status: 400, action: 'reject', title: 'Not a key file' },
  'keystore-password': { status: 403, action: 'reject', title: 'The password does not open the key file' },
  'keystore-key-type': {
    status: 400,
    action: 'reject',
    title: 'The key is of a type that is of no use here',
  },
  'invariant-broken': { status: 500, action: 'halt', title: 'The program broke an invariant' },
});
