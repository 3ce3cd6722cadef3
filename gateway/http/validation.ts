import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';
import { PATTERN_TEXTS } from '../schemas/common.ts';
import type { MemberFault } from './problem.ts';

/** Faults shown of one request. */
const FAULTS_MAX = 20;

/**
 * Compiles a schema to its validator. Text of the query and the path is converted to the numbers and booleans
 * that the schema asks for; a body is taken as it is.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = (route) => {
  const validate = TypeBoxValidatorCompiler(route);
  return (value) => {
    const found = validate(value);
    if (typeof found !== 'object' || !('error' in found) || !Array.isArray(found.error)) return found;
    // Fastify wants an Error or its own list; the list keeps the paths.
    return { error: found.error as unknown as Error };
  };
};

/** Faults of the schema errors of one part, each with the member that it is about. */
export function memberFaults(
  part: string,
  errors: readonly FastifySchemaValidationError[],
): readonly MemberFault[] {
  const faults: MemberFault[] = [];
  for (const error of withoutOtherBranches(errors)) {
    // The schema `false` only repeats, without a name, what `additionalProperties` says with it.
    if (error.keyword === 'boolean') continue;
    faults.push(...faultsOf(part, error));
    if (faults.length >= FAULTS_MAX) break;
  }
  return faults.slice(0, FAULTS_MAX);
}

/**
 * Of a union whose branches differ by a constant member, only the faults of the branch that was meant. When none
 * was meant, the faults that say which constants there are.
 */
function withoutOtherBranches(
  errors: readonly FastifySchemaValidationError[],
): readonly FastifySchemaValidationError[] {
  const branchOf = (error: FastifySchemaValidationError) =>
    /^(.*?\/anyOf)\/(\d+)/.exec(error.schemaPath)?.[0] ?? '';
  const unmeant = new Set(errors.filter(({ keyword }) => keyword === 'const').map(branchOf));
  const branches = new Set(errors.map(branchOf).filter((branch) => branch !== ''));
  unmeant.delete('');
  if (unmeant.size === 0) return errors;
  const isMeant = [...branches].some((branch) => !unmeant.has(branch));
  return errors.filter((error) => {
    if (error.keyword === 'anyOf') return false;
    return isMeant ? !unmeant.has(branchOf(error)) : branchOf(error) === '' || error.keyword === 'const';
  });
}

function faultsOf(part: string, error: FastifySchemaValidationError): MemberFault[] {
  const at = (path: string, message: string): MemberFault => ({ path, part, message });
  const names = (member: string): string[] => {
    const value = error.params[member];
    return Array.isArray(value) ? value.map(String) : [];
  };
  if (error.keyword === 'additionalProperties') {
    return names('additionalProperties').map((name) =>
      at(`${error.instancePath}/${name.slice(0, 100)}`, 'is not known here; remove it or check its spelling'),
    );
  }
  if (error.keyword === 'required') {
    return names('requiredProperties').map((name) => at(`${error.instancePath}/${name}`, 'is missing'));
  }
  if (error.keyword === 'pattern') {
    const wanted = PATTERN_TEXTS[String(error.params['pattern'])];
    if (wanted !== undefined) return [at(error.instancePath, `must be ${wanted}`)];
  }
  return [at(error.instancePath, error.message ?? 'breaks the schema')];
}

/** One line that names the first faults. */
export function describeFaults(faults: readonly MemberFault[]): string {
  const shown = faults.slice(0, 3).map(({ path, part, message }) => {
    const where = part === 'body' ? `body${path}` : `${PART_NAMES[part] ?? part} ${path.slice(1)}`;
    return `${where} ${message}`;
  });
  const more = faults.length > shown.length ? `; and ${faults.length - shown.length} more` : '';
  return `${shown.join('; ')}${more}`;
}

const PART_NAMES: Readonly<Record<string, string>> = {
  querystring: 'query parameter',
  params: 'path parameter',
  headers: 'header',
};
