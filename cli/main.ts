import { CommanderError } from 'commander';
import { CodedError } from '#kernel';
import { cliError } from './errors.ts';
import { buildProgram } from './program.ts';
import { EXIT, Output } from './output.ts';

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
  if (error instanceof CodedError && ['cli.usage', 'cli.file-unreadable'].includes(error.code))
    return EXIT.usage;
  return EXIT.failed;
}

/** What is wrong with the command line, as an error of the family. */
function usageError({ code, message }: CommanderError): CodedError {
  const isHelp = code === 'commander.help';
  return cliError('usage', isHelp ? 'give a command; --help lists them' : message.replace(/^error: /, ''));
}
