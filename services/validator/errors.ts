import { defineErrors } from '#kernel';

export const validatorError = defineErrors('validator', {
  'empty-set': { status: 500, action: 'halt', title: 'A validator set without validators' },
  'duplicate-validator': { status: 500, action: 'halt', title: 'A validator stands twice in a set' },
  'invalid-power': { status: 500, action: 'halt', title: 'A voting power is outside its range' },
});
