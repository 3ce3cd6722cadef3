import { styleText } from 'node:util';
import type { GenesisDocument } from '../document/document.ts';
import type { GenesisReport } from './report.ts';

const BAR_WIDTH = 30;
const VALIDATORS_SHOWN = 50;
const NAME_WIDTH_MAX = 24;

/**
 * What a genesis amounts to, for people: its identity, who holds how much of the power, its parameters.
 *
 * @param document of the own format, for the parameters; undefined for a foreign one
 */
export function formatSummary(
  report: GenesisReport,
  document: GenesisDocument | undefined,
  { colour }: { colour: boolean },
): string {
  const { summary } = report;
  const errors = report.findings.filter(({ severity }) => severity === 'error').length;
  const rows: readonly (readonly [string, string])[] = [
    ['chain', report.chainId ?? 'unknown'],
    ['genesis hash', report.genesisHash ?? 'none'],
    ['valid', errors === 0 ? 'yes' : `no: ${errors} errors, see node0 genesis validate`],
    ...(document === undefined ? [] : ([['begins', document.genesisTime]] as const)),
    ...(document?.source === undefined
      ? []
      : ([['imported from', `${document.source.chainId} (${document.source.hash})`]] as const)),
    ['accounts', String(summary.accounts)],
    ['supply', `${summary.totalSupply} ${summary.denomination}`.trimEnd()],
    ['stake', `${summary.totalStake} ${summary.denomination}${stakedShare(report)}`],
    ['validators', String(summary.validators)],
    ['can halt', `${summary.haltingCoalition} validators together`],
    ['can control', `${summary.controllingCoalition} validators together`],
  ];
  return [
    ...rows.map(([name, value]) => `${name.padEnd(14)}  ${value}`),
    '',
    ...stakeBars(report, colour),
    ...(document === undefined ? [] : ['', ...parameterLines(document)]),
  ].join('\n');
}

function stakedShare({ summary }: GenesisReport): string {
  const supply = BigInt(summary.totalSupply);
  if (supply === 0n) return '';
  const permille = Number((BigInt(summary.totalStake) * 1000n) / supply);
  return ` (${(permille / 10).toFixed(1)} % of the supply)`;
}

/** A bar for each validator, as long as its share beside the largest. */
function stakeBars({ validatorSet }: GenesisReport, colour: boolean): string[] {
  if (validatorSet.length === 0) return ['no validators yet'];
  const shown = validatorSet.slice(0, VALIDATORS_SHOWN);
  const largest = Math.max(...shown.map(({ share }) => share));
  const width = Math.min(NAME_WIDTH_MAX, Math.max(...shown.map(({ name }) => name.length)));
  const lines = shown.map(({ name, share, stake }) => {
    const bar = '█'.repeat(Math.max(1, Math.round((share / largest) * BAR_WIDTH))).padEnd(BAR_WIDTH);
    const painted = colour
      ? styleText(share * 3 >= 1 ? 'red' : 'green', bar, { validateStream: false })
      : bar;
    const percent = `${(share * 100).toFixed(1)} %`.padStart(7);
    return `${printable(name).slice(0, width).padEnd(width)}  ${painted} ${percent}  ${stake}`;
  });
  const more = validatorSet.length - shown.length;
  return more > 0 ? [...lines, `and ${more} more`] : lines;
}

function parameterLines({ consensus, ledger, staking = {} }: GenesisDocument): string[] {
  const { denomination, ...amounts } = ledger;
  const rows = [
    ...Object.entries(consensus).map(([name, value]) => [`consensus.${name}`, value] as const),
    ...Object.entries(amounts).map(([name, value]) => [`ledger.${name}`, value] as const),
    ...Object.entries(staking).map(([name, value]) => [`staking.${name}`, value] as const),
    ['ledger.denomination', `${denomination.symbol}, ${denomination.decimals} decimals`] as const,
  ];
  return rows.map(([name, value]) => `${name.padEnd(32)}  ${value}`);
}

/** Text of a document for a terminal: control characters could move the cursor or change what stands above. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}
