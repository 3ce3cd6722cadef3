import { createInterface } from 'node:readline/promises';
import { cliError } from './errors.ts';

/**
 * A value that was not given: asked for on a terminal, until it fits.
 *
 * @param option how it is given on the command line, for where there is no terminal
 * @throws `cli.usage` where there is no terminal
 */
export async function askFor(
  question: string,
  option: string,
  { fits = (text) => text !== '', hint = '' }: { fits?: (text: string) => boolean; hint?: string } = {},
): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw cliError('usage', `${question} is missing: give ${option}`);
  // On standard error: standard output may be a file.
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const answer = (await lines.question(`${question}${hint === '' ? '' : ` (${hint})`}: `)).trim();
      if (fits(answer)) return answer;
    }
  } catch (error) {
    // Ctrl-D or Ctrl-C.
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    process.stderr.write('\n');
    throw cliError('usage', `${question} was not answered; it can be given as ${option}`);
  } finally {
    lines.close();
  }
}

/** Whether somebody on a terminal agrees; true elsewhere only with `assumeYes`. */
export async function confirm(question: string, { assumeYes }: { assumeYes: boolean }): Promise<boolean> {
  if (assumeYes) return true;
  const answer = await askFor(question, '--yes', {
    hint: 'yes or no',
    fits: (text) => /^(y|yes|n|no)$/i.test(text),
  });
  return /^y/i.test(answer);
}
