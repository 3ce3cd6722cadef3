import { InvalidArgumentError, type Command } from 'commander';
import { DEFAULT_NODE_URL } from './api-client.ts';

export const DEFAULT_HOME = '.node0';

export function addHomeOption(command: Command): Command {
  return command.option(
    '--home <dir>',
    'home of the local network',
    process.env['NODE0_HOME'] ?? DEFAULT_HOME,
  );
}

export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print one JSON document', false);
}

export function addNodeOption(command: Command): Command {
  return command.option(
    '--node <url>',
    'REST address of a node',
    process.env['NODE0_URL'] ?? DEFAULT_NODE_URL,
  );
}

/** Parser of a whole number in a range, for commander's options. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}
