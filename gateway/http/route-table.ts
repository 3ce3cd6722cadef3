/** The routes of the app, to tell a wrong method from a wrong path and to hint at the right one. */
export class RouteTable {
  readonly #routes: { readonly parts: readonly string[]; readonly methods: Set<string> }[] = [];

  /** Takes note of a route pattern such as `/api/v2/blocks/:ref`. */
  add(pattern: string, method: string | readonly string[]): void {
    const parts = partsOf(pattern);
    const known = this.#routes.find((route) => route.parts.join('/') === parts.join('/'));
    const methods = known?.methods ?? new Set<string>();
    for (const name of typeof method === 'string' ? [method] : method) methods.add(name);
    if (known === undefined) this.#routes.push({ parts, methods });
  }

  /** Methods that some route of `path` takes, sorted. */
  methodsOf(path: string): string[] {
    const parts = partsOf(path);
    const methods = new Set<string>();
    for (const route of this.#routes) {
      if (matches(route.parts, parts)) for (const method of route.methods) methods.add(method);
    }
    return [...methods].toSorted();
  }

  /** Where somebody who asked for `path` may have wanted to go. */
  hint(path: string): string {
    const parts = partsOf(path);
    for (const candidate of [['api', 'v2', ...parts], ['api', 'v2', ...parts.slice(2)], parts.slice(1)]) {
      if (this.#routes.some((route) => matches(route.parts, candidate))) {
        return `did you mean /${candidate.join('/')}?`;
      }
    }
    return 'the resources are listed at /api/v2/docs and /api/v2/openapi.json';
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false;
  return pattern.every((part, index) => part.startsWith(':') || part === parts[index]);
}
