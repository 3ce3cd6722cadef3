import { RULES } from '../rules/catalogue.ts';
import type { Finding, GenesisReport, ReportedValidator, Severity } from './report.ts';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --error: #c62828; --warning: #b26a00; --info: #0b72a8; --ok: #2e7d32; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
code, .mono { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { background: var(--ok); height: .8rem; border-radius: .2rem; min-width: 2px; } .bar.heavy { background: var(--error); }
.error { color: var(--error); } .warning { color: var(--warning); } .info { color: var(--info); } .ok { color: var(--ok); }
`;

/** The report as one page without anything outside it, to send to the other founders. */
export function formatHtml(report: GenesisReport): string {
  const { summary } = report;
  const title = `Genesis of ${report.chainId ?? 'an unknown chain'}`;
  const count = (severity: Severity): number =>
    report.findings.filter((finding) => finding.severity === severity).length;
  const { declarationSignatures: signatures } = summary;
  const rows: readonly (readonly [string, string])[] = [
    ['Format', report.format],
    ['Genesis hash', report.genesisHash ?? 'none'],
    ['State root before the first block', summary.stateRoot ?? 'none'],
    ['Accounts', String(summary.accounts)],
    ['Supply', `${summary.totalSupply} ${summary.denomination}`],
    ['Stake', `${summary.totalStake} ${summary.denomination}`],
    ['Validators', String(summary.validators)],
    [
      'Signatures of declarations',
      `${signatures.valid} valid, ${signatures.invalid} invalid, ${signatures.uncheckable} not checkable`,
    ],
    ['Can stop the chain', `${summary.haltingCoalition} validators together`],
    ['Can decide alone', `${summary.controllingCoalition} validators together`],
  ];
  const verdict = report.valid
    ? `<p class="ok"><strong>Valid</strong>: no errors, ${count('warning')} warnings.</p>`
    : `<p class="error"><strong>Not valid</strong>: ${count('error')} errors, ${count('warning')} warnings.</p>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${STYLE}</style>
<h1>${escape(title)}</h1>
${verdict}
<table>
${rows.map(([name, value]) => `<tr><th scope="row">${escape(name)}</th><td class="mono">${escape(value)}</td></tr>`).join('\n')}
</table>
<h2>Findings</h2>
${findingsTable(report)}
<h2>Validators</h2>
${validatorsTable(report.validatorSet)}
</html>
`;
}

function findingsTable({ findings, omitted }: GenesisReport): string {
  if (findings.length === 0) return '<p>None.</p>';
  const row = ({ rule, severity, path, message }: Finding): string =>
    `<tr><td class="${severity}">${severity}</td><td><code>${escape(path || '/')}</code></td><td>${escape(message)}<br><small><code>${escape(rule)}</code> ${escape(RULES[rule].advice)}</small></td></tr>`;
  const more = Object.entries(omitted)
    .map(([rule, number]) => `<p>And ${number} more of <code>${escape(rule)}</code>.</p>`)
    .join('\n');
  return `<table>\n<tr><th>Severity</th><th>Place</th><th>What, and what to do</th></tr>\n${findings.map(row).join('\n')}\n</table>\n${more}`;
}

function validatorsTable(validators: readonly ReportedValidator[]): string {
  if (validators.length === 0) return '<p>None.</p>';
  const largest = Math.max(...validators.map(({ share }) => share));
  const row = ({ name, operator, stake, share }: ReportedValidator): string => {
    const width = largest === 0 ? 0 : Math.round((share / largest) * 100);
    const heavy = share * 3 >= 1 ? ' heavy' : '';
    return `<tr><td>${escape(name)}<br><small class="mono">${escape(operator)}</small></td><td class="number">${escape(stake)}</td><td class="number">${(share * 100).toFixed(2)} %</td><td style="width:30%"><div class="bar${heavy}" style="width:${width}%"></div></td></tr>`;
  };
  return `<table>\n<tr><th>Validator</th><th>Stake</th><th>Power</th><th></th></tr>\n${validators.map(row).join('\n')}\n</table>`;
}

/** Text for HTML, in content and in quoted attributes: documents hold whatever their authors wrote. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
