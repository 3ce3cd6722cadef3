#!/usr/bin/env node
// Starts the command under Node.js 24 or newer. An older Node re-executes the one that came with the
// dependencies; this file is plain JavaScript so that any Node can read it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as modules from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
const main = fileURLToPath(new URL('../main.ts', import.meta.url));

// Compiled code is kept between starts: every process of a network starts in half the time. It lies beside the
// dependencies, where only who installed them writes, and processes that this one starts use it too.
process.env['NODE_COMPILE_CACHE'] ??= join(dirname(main), '..', 'node_modules', '.cache', 'node0');

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) {
  modules.enableCompileCache?.(process.env['NODE_COMPILE_CACHE']);
  await import(main);
} else {
  const node = bundledNode();
  if (node === undefined) {
    process.stderr.write(
      `node0 needs Node.js ${NODE_MAJOR_MIN} or newer; this is ${process.version} and the project's own Node.js is not installed.\n` +
        'Run "npm ci" without --omit=optional, or install Node.js 24.\n',
    );
    process.exit(1);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal's Ctrl-C reaches both; the child takes the second one for the first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
}

function bundledNode() {
  for (let folder = dirname(main); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', '.bin', 'node');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}
