import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CodedError, Logger } from '#kernel';
import { gatewayError } from '../errors.ts';
import { codedErrorOf, problemOf, PROBLEM_TYPE, type ProblemContext } from './problem.ts';
import type { RouteTable } from './route-table.ts';
import { describeFaults, memberFaults } from './validation.ts';

/** Every error of the app leaves as a problem document, those of unknown routes and methods included. */
export function handleErrors(app: FastifyInstance, routes: RouteTable, logger: Logger): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.validation !== undefined) return sendInvalid(error, request, reply);
    const coded = codedErrorOf(error);
    if (coded.status >= 500) logFailure(logger, coded, error, request);
    return sendProblem(reply, coded, contextOf(request));
  });
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url);
    const methods = routes.methodsOf(path);
    if (methods.length > 0) {
      void reply.header('allow', methods.join(', '));
      const message = `${path} takes ${methods.join(', ')}, not ${request.method}`;
      return sendProblem(reply, gatewayError('method-not-allowed', message), contextOf(request));
    }
    const error = gatewayError('not-found', `there is no ${path} here; ${routes.hint(path)}`);
    return sendProblem(reply, error, contextOf(request));
  });
}

function sendInvalid(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const part = error.validationContext ?? 'body';
  const errors = memberFaults(part, error.validation ?? []);
  const invalid = gatewayError('invalid-request', describeFaults(errors));
  return sendProblem(reply, invalid, { ...contextOf(request), errors });
}

function logFailure(logger: Logger, coded: CodedError, error: unknown, request: FastifyRequest): void {
  const fields = { error, code: coded.code, requestId: request.id, route: request.routeOptions.url };
  if (coded.status === 500) logger.error(fields, 'a request failed');
  else logger.debug(fields, 'a request could not be served now');
}

/** Answers with the problem document of `error`. */
export function sendProblem(reply: FastifyReply, error: CodedError, context: ProblemContext): FastifyReply {
  const retryAfter = error.details['retryAfterSeconds'];
  if (typeof retryAfter === 'number') void reply.header('retry-after', retryAfter);
  void reply.header('cache-control', 'no-store').removeHeader('etag');
  // A string leaves as it is: the schema of the route's success does not apply.
  return reply
    .code(error.status)
    .type(PROBLEM_TYPE)
    .serializer(String)
    .send(JSON.stringify(problemOf(error, context)));
}

function contextOf(request: FastifyRequest): ProblemContext {
  return { instance: pathOf(request.url), requestId: request.id };
}

/** Path of a request target without its query, cut to a length fit for an answer. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return (query < 0 ? url : url.slice(0, query)).slice(0, 200);
}
