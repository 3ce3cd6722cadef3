import { resolve } from 'node:path';
import type { InitPassword } from '#node';
import { cliError } from './errors.ts';
import { newPassword } from './key-access.ts';

export interface InitPasswordOptions {
  passwordFile?: string;
  generatePassword: boolean;
}

/** Where the password of a new home comes from, by the options of `init`. */
export async function initPassword({
  generatePassword,
  passwordFile,
}: InitPasswordOptions): Promise<InitPassword> {
  if (!generatePassword) {
    const password = await newPassword(passwordFile);
    if (password === '') throw cliError('usage', 'the password is empty; the keys need one');
    return passwordFile === undefined
      ? { kind: 'typed', password }
      : { kind: 'file', file: resolve(passwordFile), password };
  }
  if (passwordFile === undefined) return { kind: 'generate' };
  throw cliError('usage', 'give --password-file or --generate-password, not both');
}
