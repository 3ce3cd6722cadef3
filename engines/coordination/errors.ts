import { defineErrors } from '#kernel';

export const coordinationError = defineErrors('engine.coordination', {
  'unsupported-url': { status: 500, action: 'halt', title: 'There is no coordination engine for the URL' },
  'out-of-bounds': {
    status: 400,
    action: 'reject',
    title: 'A name, a value or a time is outside its bounds',
  },
  'too-many': { status: 503, action: 'retry', title: 'The coordination engine holds as much as it may' },
  'lease-lost': { status: 409, action: 'reject', title: 'The lease ended, or is in other hands' },
  'revision-conflict': { status: 409, action: 'reject', title: 'The record changed meanwhile' },
  corrupt: { status: 500, action: 'halt', title: 'What the coordination engine stored is damaged' },
  failed: { status: 500, action: 'halt', title: 'The coordination engine failed to write' },
  closed: { status: 500, action: 'halt', title: 'The coordination engine is closed' },
});
