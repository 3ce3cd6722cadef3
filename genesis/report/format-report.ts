import { styleText } from 'node:util';
import { RULES } from '../rules/catalogue.ts';
import { printable } from './format-summary.ts';
import type { Finding, GenesisReport, Severity } from './report.ts';

const COLOURS: Readonly<Record<Severity, 'red' | 'yellow' | 'cyan'>> = {
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
};

/** The report for people: what the document is, then every finding with its place and advice. */
export function formatReport(report: GenesisReport, { colour }: { colour: boolean }): string {
  const paint = (style: 'red' | 'yellow' | 'cyan' | 'green' | 'dim', text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const { summary } = report;
  const count = (severity: Severity): number =>
    report.findings.filter((finding) => finding.severity === severity).length;
  const head = [
    `${report.valid ? paint('green', 'valid') : paint('red', 'not valid')}: ${count('error')} errors, ${count('warning')} warnings`,
    `format          ${report.format}`,
    `chain           ${printable(report.chainId ?? 'unknown')}`,
    ...(report.genesisHash === null ? [] : [`genesis hash    ${report.genesisHash}`]),
    `accounts        ${summary.accounts}`,
    `validators      ${summary.validators}`,
    `supply          ${summary.totalSupply} ${summary.denomination}`.trimEnd(),
    `stake           ${summary.totalStake} ${summary.denomination}`.trimEnd(),
    `can halt        ${summary.haltingCoalition} validators together`,
    `can control     ${summary.controllingCoalition} validators together`,
    ...signatureRow(report),
    ...(summary.stateRoot === null ? [] : [`state root      ${summary.stateRoot}`, ...firstSetRow(report)]),
  ];
  const line = ({ rule, severity, path, message }: Finding): string =>
    `${paint(COLOURS[severity], severity.padEnd(7))} ${printable(path || '/')}\n        ${printable(message)}\n        ${paint('dim', `${rule}: ${RULES[rule].advice}`)}`;
  const omitted = Object.entries(report.omitted).map(([rule, more]) => `        and ${more} more of ${rule}`);
  return [...head, '', ...report.findings.map(line), ...omitted].join('\n').trimEnd();
}

function signatureRow({ summary }: GenesisReport): string[] {
  const { valid, invalid, uncheckable } = summary.declarationSignatures;
  if (valid + invalid + uncheckable === 0) return [];
  const faults = [
    ...(invalid === 0 ? [] : [`${invalid} invalid`]),
    ...(uncheckable === 0 ? [] : [`${uncheckable} not checkable`]),
  ];
  return [
    `signatures      ${[`${valid} of ${summary.validators} declarations valid`, ...faults].join(', ')}`,
  ];
}

const SET_SHOWN = 6;

function firstSetRow({ validatorSet }: GenesisReport): string[] {
  const shown = validatorSet
    .slice(0, SET_SHOWN)
    .map(({ name, share }) => `${printable(name.slice(0, 40))} ${(share * 100).toFixed(1)} %`);
  const more = validatorSet.length - shown.length;
  return [`first set       ${[...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')}`];
}
