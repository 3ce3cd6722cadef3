import { CommanderError } from 'commander';
import { CodedError } from '#kernel';
import { buildProgram } from './program.ts';
import { EXIT, Output } from './output.ts';

const json = process.argv.includes('--json');

try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has printed its own message, suggestion included.
  if (!(error instanceof CommanderError)) new Output(json).failure(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CodedError && ['cli.usage', 'cli.file-unreadable'].includes(error.code))
    return EXIT.usage;
  return EXIT.failed;
}
