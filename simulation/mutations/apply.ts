import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MUTATIONS } from './mutation.ts';
import type { Change } from './types.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Makes this thread load the protocol with a fault in it: the text is changed on the way from the file, so that
 * the code itself knows nothing of mutations. Call before anything of the protocol is loaded.
 *
 * @throws when there is no such mutation; loading throws when the text is not in the file exactly once
 */
export function applyMutation(name: string): void {
  const mutation = MUTATIONS.find((known) => known.name === name);
  if (mutation === undefined) {
    throw new Error(
      `there is no mutation ${name}; there are ${MUTATIONS.map((known) => known.name).join(', ')}`,
    );
  }
  const byUrl = new Map<string, Change[]>();
  for (const change of mutation.changes) {
    const url = pathToFileURL(join(ROOT, change.file)).href;
    byUrl.set(url, [...(byUrl.get(url) ?? []), change]);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const changes = byUrl.get(url);
      if (changes === undefined || loaded.source === undefined || loaded.source === null) return loaded;
      const { source } = loaded;
      const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
      return { ...loaded, source: changes.reduce(mutate, text) };
    },
  });
}

/** The text with the change made. @throws when it does not stand there exactly once */
export function mutate(text: string, { file, from, to }: Change): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(`"${from}" stands ${parts.length - 1} times in ${file}: bring the mutation up to date`);
  }
  return parts.join(to);
}
