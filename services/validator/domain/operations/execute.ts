import { unreachable, type CodedError } from '#kernel';
import type { StakePayload } from '#services/transaction';
import { bond } from './bond.ts';
import { cancelUnbond } from './cancel-unbond.ts';
import { checkKey } from './consensus-key.ts';
import type { OperationContext } from './context.ts';
import { edit } from './edit.ts';
import { exit } from './exit.ts';
import { redelegate } from './redelegate.ts';
import { register } from './register.ts';
import { rotateKey } from './rotate-key.ts';
import { unbond } from './unbond.ts';
import { unjail } from './unjail.ts';
import { withdraw } from './withdraw.ts';

/**
 * Carries out an operation: all of it, or, when it gives an error, nothing.
 *
 * @returns the `validator.*` or `stake.*` error that says why nothing was done
 */
export function executeOperation(context: OperationContext, payload: StakePayload): CodedError | undefined {
  return context.view.attempt(() => carryOut(context, payload));
}

function carryOut(context: OperationContext, payload: StakePayload): CodedError | undefined {
  switch (payload.type) {
    case 'validator.register':
      return checkKey(payload.publicKey) ?? register(context, payload);
    case 'validator.edit':
      return edit(context, payload);
    case 'validator.unjail':
      return unjail(context);
    case 'validator.exit':
      return exit(context);
    case 'validator.rotate-key':
      return checkKey(payload.publicKey) ?? rotateKey(context, payload);
    case 'stake.bond':
      return bond(context, payload);
    case 'stake.unbond':
      return unbond(context, payload);
    case 'stake.redelegate':
      return redelegate(context, payload);
    case 'stake.cancel-unbond':
      return cancelUnbond(context, payload);
    case 'rewards.withdraw':
      return withdraw(context, payload);
    default:
      return unreachable(payload);
  }
}
