import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countRules, specBreaches } from '../spec-rules.ts';

const page = {
  path: 'docs/spec/page.md',
  text: '| L22 to L27 | a rule | here |\n\n### RULE-1: one\n\nSays what RULE-2 says, in UTF-8.\n\n- `RULE-2` two\n',
};
const at = (path: string, text: string) => [{ path, text }];
const code = at('a.ts', '/** L22, L23 and RULE-1, RULE-2; UTF-8 by ZIP-215 */');
const tests = at('a.test.ts', "it('L22 to L27: RULE-1 and RULE-2')");

describe('the check of the specification', () => {
  it('finds rules in headings, rows and items, and nothing amiss where all is cited', () => {
    assert.equal(countRules([page]), 3);
    assert.deepEqual(specBreaches([page], code, tests), []);
  });

  it('names rules that no code and no test cites', () => {
    assert.deepEqual(specBreaches([page], at('a.ts', 'L24 RULE-1'), at('a.test.ts', 'RULE-2 L27')), [
      'docs/spec/page.md: no test cites RULE-1',
      'docs/spec/page.md: no code cites RULE-2',
    ]);
  });

  it('names ids that stand in no page, of the families that pages define', () => {
    const strange = at('b.ts', 'RULE-3, L28 and L26 to L28, PART-1');
    assert.deepEqual(specBreaches([page], [...code, ...strange], tests), [
      'b.ts: cites RULE-3, which stands in no page of docs/spec',
      'b.ts: cites L28, which stands in no page of docs/spec',
      'b.ts: cites L26 to L28, which stands in no page of docs/spec',
    ]);
    const other = { path: 'docs/spec/other.md', text: '# Other\n\nSee RULE-9.\n' };
    assert.equal(specBreaches([page, other], code, tests).length, 1);
  });

  it('names a rule that stands twice', () => {
    const twice = { path: 'docs/spec/other.md', text: '## RULE-2\n' };
    assert.deepEqual(specBreaches([page, twice], code, tests), [
      'docs/spec/other.md: RULE-2 stands in docs/spec/page.md already',
    ]);
  });
});
