import { test } from 'node:test';
import { readReal, skipReason } from './real-files.ts';
import { assertMutations } from './real-mutations.ts';

for (const [name, runs] of [
  ['cosmoshub-1.json', 200],
  ['mamaki.json', 3_000],
] as const) {
  const bytes = readReal(name);
  const options = bytes === undefined ? { skip: skipReason(name) } : {};
  test(
    `${name}, whole: ${runs} changes of one value are told with their place, or change the hash`,
    options,
    async () => {
      await assertMutations(JSON.parse(new TextDecoder().decode(bytes)), runs);
    },
  );
}
