import { CommanderError } from 'commander';
import { CodedError } from '#kernel';
import { cliError } from './errors.ts';
import { buildProgram } from './program.ts';
import { EXIT, Output } from './output.ts';

/** Codes of a command line, or a file that it names, that is not as expected. */
const USAGE_CODES: ReadonlySet<string> = new Set([
  'cli.usage',
  'cli.file-unreadable',
  'cli.secret-malformed',
]);
const json = process.argv.includes('--json');

try {
  await buildProgram(json).parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // For people, Commander has printed its own message, suggestion included.
  if (!(error instanceof CommanderError)) new Output(json).failure(error);
  else if (json && error.exitCode !== 0) new Output(json).failure(usageError(error));
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  return error instanceof CodedError && USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed;
}

/** What is wrong with the command line, as an error of the family. */
function usageError({ code, message }: CommanderError): CodedError {
  const isHelp = code === 'commander.help';
  return cliError('usage', isHelp ? 'give a command; --help lists them' : message.replace(/^error: /, ''));
}
