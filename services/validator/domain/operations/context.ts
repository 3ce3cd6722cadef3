import { formatAddress, type CodedError } from '#kernel';
import { validatorError } from '../../errors.ts';
import type { BlockPlace, EconomyParameters } from '../parameters.ts';
import type { ValidatorRecord } from '../records/records.ts';
import { VALIDATORS } from '../records/tables.ts';
import type { StakeView } from '../stake-view.ts';

/** What an operation is carried out with. */
export interface OperationContext {
  readonly view: StakeView;
  readonly parameters: EconomyParameters;
  readonly place: BlockPlace;
  /** 20-byte address of the account that asks for it. */
  readonly sender: Uint8Array;
}

/** A record, or the error that says why there is none to work on. */
export type Found<Value> = { readonly value: Value } | { readonly error: CodedError };

/** @returns `validator.unknown-validator` */
export function findValidator({ view }: OperationContext, operator: Uint8Array): Found<ValidatorRecord> {
  const value = view.get(VALIDATORS, operator);
  if (value !== undefined) return { value };
  return {
    error: validatorError('unknown-validator', `${formatAddress(operator)} operates no validator`),
  };
}

/** The validator that the sender operates. @returns `validator.not-operator`, `validator.exiting` */
export function findOwn({ view, sender }: OperationContext): Found<ValidatorRecord> {
  const value = view.get(VALIDATORS, sender);
  if (value === undefined) {
    const error = validatorError(
      'not-operator',
      `${formatAddress(sender)} operates no validator: register one, or sign with the operator's key`,
    );
    return { error };
  }
  if (value.isExiting) {
    return { error: validatorError('exiting', 'the validator is on its way out: nothing of it changes now') };
  }
  return { value };
}

/** A validator that stake may come to. @returns `validator.unknown-validator`, `.tombstoned`, `.exiting` */
export function findOpen(context: OperationContext, operator: Uint8Array): Found<ValidatorRecord> {
  const found = findValidator(context, operator);
  if ('error' in found) return found;
  const { status, isExiting, identity } = found.value;
  if (status === 'tombstoned') {
    const message = `${identity.name} signed two blocks and is tombstoned: choose another validator`;
    return { error: validatorError('tombstoned', message) };
  }
  if (isExiting) {
    return {
      error: validatorError('exiting', `${identity.name} is on its way out: choose another validator`),
    };
  }
  return found;
}
