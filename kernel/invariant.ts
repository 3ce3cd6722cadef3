import { CodedError, kernelError } from './errors.ts';

/**
 * States what must hold unless the program is wrong. Stays on in production: a node that meets a broken
 * invariant stops (action `halt`) rather than corrupt its state or sign on top of it.
 *
 * @throws `kernel.invariant-broken`
 */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition)
    throw kernelError('invariant-broken', `invariant broken: ${what}; this is a fault of the software`);
}

/** Closes an exhaustive switch. */
export function unreachable(value: never): never {
  throw kernelError('invariant-broken', `invariant broken: unexpected ${JSON.stringify(value)}`);
}

/** True when the error means that the node must stop. */
export function demandsHalt(error: unknown): boolean {
  return error instanceof CodedError && error.action === 'halt';
}
