import { defineErrors } from '#kernel';

export const configurationError = defineErrors('configuration', {
  unreadable: { status: 500, action: 'halt', title: 'The configuration file cannot be read' },
  malformed: { status: 500, action: 'halt', title: 'The configuration file is not YAML' },
  'unknown-setting': { status: 500, action: 'halt', title: 'There is no such setting' },
  'invalid-setting': { status: 500, action: 'halt', title: 'A setting has a value that is not accepted' },
});
