import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WIDE_DEFAULTS } from '../wide/request.ts';
import { runWide } from '../wide/run-wide.ts';

describe('a hundred validators in five regions', () => {
  it('make heights final well under three seconds, and each within a known amount of bytes', async () => {
    const report = await runWide({ ...WIDE_DEFAULTS, validators: 100, heights: 10 });
    assert.equal(report.rounds.max, 1);
    assert.ok(report.finalityMs.p50 > 300 && report.finalityMs.p99 < 900, `${report.finalityMs.p99} ms`);
    assert.ok(report.bytesUp > 40_000 && report.bytesUp < 120_000, `${report.bytesUp} bytes`);
  });

  it('do so with a slow third', async () => {
    const report = await runWide({ ...WIDE_DEFAULTS, validators: 100, hasSlowThird: true });
    assert.ok(report.finalityMs.p99 < 1_500, `${report.finalityMs.p99} ms`);
  });
});
