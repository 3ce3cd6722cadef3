export {
  advanceRotation,
  initialRotation,
  proposerAt,
  rotationFor,
  type ProposerRotation,
} from './domain/proposer-rotation.ts';
export { makeValidatorSet, type Validator, type ValidatorSet } from './domain/validator-set.ts';
export { TOTAL_POWER_MAX, VALIDATORS_MAX } from './limits.ts';
