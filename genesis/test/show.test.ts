import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFileFindings, formatHtml, formatReport, formatSummary } from '../index.ts';
import { judge, makeDocument, signAnew, type Loose } from './fixtures/documents.ts';

const HOSTILE = '<img src=x onerror=alert(1)>"\'&\u001B[2J\u202E';

function hostile(): Loose {
  const document = makeDocument();
  document.validators[0].identity.name = HOSTILE;
  document.accounts[0].label = HOSTILE;
  document.chainId = HOSTILE;
  return signAnew(document);
}

test('the stake is drawn as bars, the longest first', async () => {
  const document = makeDocument([10n, 40n, 30n, 20n].map((n) => n * 10n ** 9n));
  const text = formatSummary(await judge(document), document, { colour: false });
  const bars = text.split('\n').filter((line) => line.includes('█'));
  assert.deepEqual(
    bars.map((line) => [line.slice(0, 11), line.split('█').length - 1]),
    [
      ['validator 1', 30],
      ['validator 2', 22],
      ['validator 3', 15],
      ['validator 0', 8],
    ],
  );
  assert.match(text, /^stake {11}100000000000 BZR \(\d+\.\d % of the supply\)$/m);
  assert.match(text, /^ledger\.maxValidators +100$/m);
});

test('a draft without validators is shown', async () => {
  const document = { ...makeDocument(), validators: [] };
  assert.match(formatSummary(await judge(document), undefined, { colour: false }), /no validators yet/);
});

test('the page holds every finding and validator, and nothing from outside', async () => {
  const document = makeDocument();
  document.validators[1].stake = '1';
  const report = await judge(signAnew(document));
  const page = formatHtml(report);
  for (const { message, rule } of report.findings) {
    assert.ok(page.includes(rule));
    assert.ok(page.includes(message.replaceAll("'", '&#39;').replaceAll('"', '&quot;')), message);
  }
  assert.ok(page.includes(report.genesisHash as string));
  assert.doesNotMatch(page, /(src|href)=|https?:|<script/);
  assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
});

test('what a hostile document says is text, on the page and on the terminal', async () => {
  const report = await judge(hostile());
  const page = formatHtml(report);
  assert.doesNotMatch(page, /<img/);
  assert.ok(page.includes('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;'));
  const finding = { rule: 'genesis.chain-id', severity: 'error', path: HOSTILE, message: HOSTILE } as const;
  const texts = [
    formatReport(report, { colour: false }),
    formatSummary(report, undefined, { colour: false }),
    formatFileFindings([{ ...finding, file: HOSTILE, contributor: HOSTILE }], { colour: false }),
  ];
  for (const text of texts) assert.equal(text.includes('\u001B') || text.includes('\u202E'), false);
});
