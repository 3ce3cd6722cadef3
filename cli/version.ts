import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** Version of the software. Read here: the node's modules take most of a second to load. */
export const VERSION: string = manifest.version;
