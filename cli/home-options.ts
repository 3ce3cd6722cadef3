import { join, resolve } from 'node:path';
import type { Command } from 'commander';

/** How a command is told which node's home it works on. */
export interface ConfigurationOptions {
  home: string;
  config?: string;
  set: string[];
}

/** The options of commands that work on the home of one node, as `node0 start` has them. */
export function addConfigurationOptions(command: Command): Command {
  return command
    .requiredOption('--home <dir>', 'folder of the node', process.env['NODE0_HOME'])
    .option('--config <file>', 'configuration (default: HOME/node0.yaml)')
    .option('--set <key=value>', 'a setting over file and environment; repeatable', collect, []);
}

/** What the node's folder of operations on homes takes. */
export function homeOptions({ home, config, set }: ConfigurationOptions) {
  return {
    configurationFile: config ?? join(resolve(home), 'node0.yaml'),
    environment: process.env,
    overrides: set,
  };
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
