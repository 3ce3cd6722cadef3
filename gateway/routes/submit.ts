import type { FastifySchemaCompiler } from 'fastify';
import { Type, type TSchema } from 'typebox';
import type { CodedError, Result } from '#kernel';
import { transactionFromJson, type Transaction } from '#services/transaction';
import { gatewayError } from '../errors.ts';
import { NO_STORE } from '../http/headers.ts';
import { validatorCompiler } from '../http/validation.ts';
import { LIMITS } from '../limits.ts';
import { Hash, ProblemSchema, strict } from '../schemas/common.ts';
import { parseSubmission, type SubmissionJson } from '../submission/parse-submission.ts';
import type { App, RouteContext } from './context.ts';

const EncodedText = Type.String({ minLength: 2, description: 'an encoded signed transaction, hexadecimal' });
const OneEncoded = strict({ transaction: EncodedText });
const ManyEncoded = strict({
  transactions: Type.Array(EncodedText, { minItems: 1, maxItems: LIMITS.submissionCountMax }),
});
const OneJson = Type.Object(
  { payload: Type.Object({}, { additionalProperties: true }), signature: Type.String() },
  {
    additionalProperties: true,
    description: 'a signed transaction in the form that GET /transactions/{hash} shows under `transaction`',
  },
);
const SubmissionBody = Type.Union([OneEncoded, ManyEncoded, OneJson]);
const BinaryBody = Type.String({
  format: 'binary',
  description: 'signed transactions, each as a 32-bit big-endian length and its bytes',
});
const AcceptedJson = Type.Object({
  hash: Type.Optional(Type.String({ description: 'the first accepted transaction' })),
  hashes: Type.Array(Hash, { description: 'the accepted transactions, in order' }),
  results: Type.Optional(
    Type.Array(
      Type.Object({
        hash: Type.Optional(Hash),
        code: Type.Optional(Type.String()),
        detail: Type.Optional(Type.String()),
      }),
      { description: 'one for each transaction, in order; only when some were refused' },
    ),
  ),
});

/** Validates the JSON body against the form that it names, so that faults are about that form alone. */
const submissionValidator: FastifySchemaCompiler<TSchema> = (route) => {
  if (route.httpPart !== 'body') return validatorCompiler(route);
  if (route.schema === BinaryBody) return () => true;
  const compile = (schema: TSchema) => validatorCompiler({ ...route, schema });
  const [one, many, json] = [compile(OneEncoded), compile(ManyEncoded), compile(OneJson)];
  return (body: unknown) => {
    if (typeof body !== 'object' || body === null) return json(body);
    if ('transactions' in body) return many(body);
    return 'transaction' in body ? one(body) : json(body);
  };
};

/** `POST /transactions`: one or many signed transactions, in JSON or binary. */
export function submitRoutes(app: App, { components, gate }: RouteContext): void {
  const { identity, mempool } = components;
  const encodeJson = (value: unknown) => transactionFromJson(value, identity).bytes;
  const schema = {
    tags: ['transactions'],
    summary: 'Submit one or many signed transactions',
    body: {
      content: {
        'application/json': { schema: SubmissionBody },
        'application/octet-stream': { schema: BinaryBody },
      },
    },
    response: { 202: AcceptedJson, '4xx': ProblemSchema, '5xx': ProblemSchema },
  };
  const options = {
    schema,
    bodyLimit: LIMITS.submissionBytesMax,
    validatorCompiler: submissionValidator,
  };
  app.post<{ Body: Uint8Array | SubmissionJson }>('/transactions', options, async (request, reply) => {
    const submission = parseSubmission(request.body, LIMITS.submissionCountMax, encodeJson);
    const { encoded } = submission;
    const results = await gate.pass(encoded.length, () => mempool.submit(encoded, `api:${request.ip}`));
    const answer = answerOf(results, submission.single);
    return reply.code(202).header('cache-control', NO_STORE).send(answer);
  });
}

/**
 * Answer to a submission.
 *
 * @throws the error of the transaction when there was only one, `gateway.all-refused` when none was accepted
 */
export function answerOf(
  results: readonly Result<Transaction>[],
  single: boolean,
): { hash?: string; hashes: string[]; results?: { hash?: string; code?: string; detail?: string }[] } {
  const hashes: string[] = [];
  let firstError: CodedError | undefined;
  for (const result of results) {
    if (result.ok) hashes.push(result.value.id);
    else firstError ??= result.error;
  }
  if (firstError !== undefined && single) throw firstError;
  if (firstError === undefined) return { ...firstOf(hashes), hashes };
  const each = results.map((result) =>
    result.ok ? { hash: result.value.id } : { code: result.error.code, detail: result.error.message },
  );
  if (hashes.length > 0) return { ...firstOf(hashes), hashes, results: each };
  const message = `none of ${results.length} transactions was accepted; the first because ${firstError.message}`;
  throw gatewayError('all-refused', message, { code: firstError.code, results: each.slice(0, 100) });
}

function firstOf(hashes: readonly string[]): { hash?: string } {
  const [hash] = hashes;
  return hash === undefined ? {} : { hash };
}
