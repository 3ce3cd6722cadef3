export type { ProposerRotation, Validator, ValidatorSet } from './domain/validator-set.ts';
