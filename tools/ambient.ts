/** What reads the machine's time, randomness or timers, and what to use instead. */
const AMBIENT: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  { pattern: /\bDate\.now\b|\bnew Date\(\s*\)/, instead: 'Clock.now' },
  { pattern: /\bperformance\.now\b|\bprocess\.hrtime\b/, instead: 'Clock.monotonic' },
  {
    pattern: /\bMath\.random\b|\brandomBytes\b|\brandomInt\b|\bgetRandomValues\b|\brandomUUID\b/,
    instead: 'Random',
  },
  { pattern: /\bAbortSignal\.timeout\b/, instead: 'Scheduler' },
  { pattern: /\bset(Timeout|Interval|Immediate)\s*\(|\bnode:timers/, instead: 'Scheduler' },
];

/** Where they belong: the machine of a node, and the client's requests over the platform's own `fetch`. */
const RUNTIME_FOLDERS = ['node/runtime/', 'client/rest/'];

/** Breaches of the ban on ambient time, randomness and timers in one file. */
export function checkAmbient(file: string, text: string): string[] {
  if (RUNTIME_FOLDERS.some((folder) => file.startsWith(folder))) return [];
  const breaches: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(\/\/|\*|\/\*)/.test(line)) continue;
    for (const { pattern, instead } of AMBIENT) {
      if (pattern.test(line))
        breaches.push(
          `${file}:${index + 1}: ${pattern.exec(line)?.[0]} is ambient; take ${instead} as a parameter`,
        );
    }
  }
  return breaches;
}
