import type { Command } from 'commander';

/** Who a validator says that it is, beside its name. */
export interface IdentityOptions {
  website?: string;
  contact?: string;
  description?: string;
  location?: string;
}

export function addIdentityOptions(command: Command): Command {
  return command
    .option('--website <url>', 'where to learn about the operator')
    .option('--contact <text>', 'how to reach the operator, e.g. an e-mail address')
    .option('--description <text>', 'a few words')
    .option('--location <text>', 'where the machine stands');
}
