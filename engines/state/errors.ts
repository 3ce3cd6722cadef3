import { defineErrors } from '#kernel';

export const stateEngineError = defineErrors('engine.state', {
  'unsupported-url': { status: 500, action: 'halt', title: 'There is no state engine for the URL' },
  'already-open': { status: 409, action: 'halt', title: 'Another process uses the state directory' },
  io: { status: 500, action: 'halt', title: 'The state engine failed to read or write' },
  corrupt: { status: 500, action: 'halt', title: 'The state on disk is damaged' },
  closed: { status: 500, action: 'halt', title: 'The state engine is closed' },
  'batch-spent': { status: 500, action: 'halt', title: 'A batch was written twice' },
});
