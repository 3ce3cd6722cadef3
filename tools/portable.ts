/** What runs in a browser: the client, and the part of each context's face that it imports. */
const PORTABLE = /^client\/index\.ts$|^services\/[^/]+\/portable\.ts$/;

/** What a browser does not have. */
const NODE_ONLY: readonly RegExp[] = [
  /^(?:import|export)\s+(?!type\b)[^'"]*['"]node:[^'"]+['"]/m,
  /\bimport\(\s*['"]node:/,
  /^(?!\s*(?:\/\/|\*|\/\*)).*\b(?:Buffer|process|__dirname)\b\s*[.(]/m,
];

/**
 * Breaches of the rule that the client, with everything that it loads, runs in a browser.
 *
 * @param graph value imports between files
 */
export function checkPortable(
  graph: ReadonlyMap<string, ReadonlySet<string>>,
  textOf: (file: string) => string,
): string[] {
  const breaches: string[] = [];
  const seen = new Map<string, string>();
  const visit = (file: string, entry: string): void => {
    if (seen.has(file)) return;
    seen.set(file, entry);
    const text = textOf(file);
    for (const pattern of NODE_ONLY) {
      const found = pattern.exec(text)?.[0].trim();
      if (found !== undefined)
        breaches.push(`${file}: "${found}" is of Node.js, and ${entry} loads it in browsers`);
    }
    for (const next of graph.get(file) ?? []) visit(next, entry);
  };
  for (const file of graph.keys()) if (PORTABLE.test(file)) visit(file, file);
  return breaches;
}
