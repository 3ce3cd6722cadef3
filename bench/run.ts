/**
 * `npm run bench`: prints a table of figures, with the floors that the project promises on two cores. `-- --json`
 * prints JSON instead, `-- --micro` or `-- --macro` runs one half. Exit 1 when a floor is missed.
 */
import { cpus } from 'node:os';
import { runMicro } from './micro.ts';
import { runMacro } from './networks.ts';
import { formatRow, keepsFloor, type Row } from './row.ts';

const asJson = process.argv.includes('--json');
const only = ['--micro', '--macro'].find((flag) => process.argv.includes(flag));
const rows: Row[] = [];

function take(row: Row): void {
  rows.push(row);
  if (!asJson) console.log(formatRow(row));
}

if (!asJson) {
  console.log(`${'benchmark'.padEnd(66)} ${'figure'.padStart(10)}     ${'floor'.padStart(7)}`);
}
if (only !== '--macro') await runMicro(take);
if (only !== '--micro') await runMacro(take);
if (asJson) {
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version };
  console.log(JSON.stringify({ machine, rows }, undefined, 2));
}
process.exitCode = rows.every(keepsFloor) ? 0 : 1;
