import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { temporaryFolder } from '../harness/folder.ts';
import {
  genesisOf,
  getJson,
  giveGenesis,
  makeFounder,
  StartedNode,
  type Founder,
} from '../harness/founders.ts';
import { until } from '../harness/until.ts';

/** Long enough for two nodes to start before it: in units of the time in which their homes were made, here and now. */
const AHEAD_MS_MIN = 15_000;
const AHEAD_MAKINGS = 6;

interface Status {
  readonly height: number;
  readonly peers: number;
  readonly secondsToGenesis?: number;
}

describe('two founders whose genesis time is ahead', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let founders: Founder[];
  let aheadMs: number;
  let timeMs: number;
  const nodes: StartedNode[] = [];
  before(async () => {
    folder = await temporaryFolder();
    const startedMs = performance.now();
    founders = await Promise.all(
      ['alpha', 'beta'].map((name) => makeFounder(`${folder.path}/${name}`, name)),
    );
    aheadMs = Math.max(AHEAD_MS_MIN, Math.ceil(AHEAD_MAKINGS * (performance.now() - startedMs)));
    timeMs = Date.now() + aheadMs;
    const text = JSON.stringify(genesisOf(founders, { timeMs, stakes: [10n ** 12n, 10n ** 12n] }));
    for (const founder of founders) await giveGenesis(founder, text);
    for (const founder of founders) nodes.push(new StartedNode(founder));
    for (const node of nodes) await node.prints('started');
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await folder.remove();
  });
  const status = async (founder: Founder): Promise<Status> =>
    (await getJson(founder, '/api/v2/status')).body as Status;
  const alpha = (): Founder => founders[0] as Founder;

  it('connect to each other by the genesis alone, answer, and say how long they wait', async () => {
    const waiting = await until('the peers are connected', async () => {
      const now = await status(alpha());
      return now.peers === 1 && now;
    });
    assert.ok(Date.now() < timeMs, 'the nodes were too slow for this test');
    assert.equal(waiting.height, 0);
    const seconds = waiting.secondsToGenesis ?? 0;
    assert.ok(seconds > 0 && seconds <= Math.ceil(aheadMs / 1_000), String(seconds));
    const { code, body } = await getJson(alpha(), '/health/ready');
    const ready = body as { status: string; reasons: string[] };
    assert.deepEqual([code, ready.status], [503, 'not-ready']);
    const [reason = ''] = ready.reasons;
    assert.ok(reason.includes(new Date(timeMs).toISOString()), reason);
    assert.match(reason, /in \d+ seconds/);
    for (const node of nodes) assert.match(node.output, /waiting for the genesis time \S+: \d+ s left/);
  });

  it('begin by themselves when it comes, with no block before it', async () => {
    const time = await until('the first block', async () => {
      const { code, body } = await getJson(alpha(), '/api/v2/blocks/1');
      return code === 200 && (body as { header: { time: string } }).header.time;
    });
    assert.ok(Date.parse(time) > timeMs, `${time} is not after ${new Date(timeMs).toISOString()}`);
    assert.ok(Date.now() > timeMs);
    for (const node of nodes) await node.prints('is reached');
    await until('both are ready', async () => {
      const codes = await Promise.all(founders.map(async (founder) => getJson(founder, '/health/ready')));
      return codes.every(({ code }) => code === 200);
    });
    assert.equal((await status(alpha())).secondsToGenesis, undefined);
    for (const { output } of nodes) {
      const lines = output.split('\n').filter((line) => !line.startsWith('{'));
      const waits = lines.filter((line) => line.startsWith('waiting for the genesis time'));
      assert.equal(new Set(waits).size, waits.length, output);
      assert.ok(
        // Whichever of the last seconds the machine did not sleep through.
        waits.some((line) => /: [123] s left$/.test(line)),
        output,
      );
    }
  });
});
