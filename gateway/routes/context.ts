import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, FastifySchema, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Type, type TSchema } from 'typebox';
import type { GatewayMetrics } from '../metrics.ts';
import type { GatewayComponents } from '../ports.ts';
import { ProblemSchema } from '../schemas/common.ts';
import type { FinalityWatch } from '../submission/finality-watch.ts';
import type { SubmissionGate } from '../submission/submission-gate.ts';

/** The app as the routes see it: schemas give the types of requests. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What the routes share. */
export interface RouteContext {
  readonly components: GatewayComponents;
  readonly watch: FinalityWatch;
  readonly gate: SubmissionGate;
  readonly metrics: GatewayMetrics;
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** Schema of an operation: its text, its answer, and problems for everything else. */
export function operation<const Parts extends FastifySchema>(
  tag: string,
  summary: string,
  answer: TSchema,
  parts: Parts,
  status = 200,
) {
  return {
    tags: [tag],
    summary,
    ...parts,
    response: { [status]: answer, '4xx': ProblemSchema, '5xx': ProblemSchema },
  };
}

/** Any JSON object, shown as it is. */
export const AnyObject = Type.Object({}, { additionalProperties: true });
