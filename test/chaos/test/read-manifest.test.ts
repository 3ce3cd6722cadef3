import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isCodedError } from '#kernel';
import { readManifest } from '../manifest/read-manifest.ts';
import type { Manifest } from '../manifest/schema.ts';

const MANIFESTS = join(import.meta.dirname, '..', 'manifests');
const FOUR = 'validator-0: {}, validator-1: {}, validator-2: {}, validator-3: {}';

function manifest(more: string): string {
  return `name: test\nnodes: { ${FOUR}, full-0: { role: full } }\n${more}`;
}

async function manifestOf(file: string): Promise<Manifest> {
  return readManifest(await readFile(join(MANIFESTS, file), 'utf8'), file);
}

/** What the refusal of a text says. */
function findingsOf(text: string): string {
  try {
    readManifest(text);
  } catch (error) {
    assert.ok(isCodedError(error), String(error));
    return error.message;
  }
  return assert.fail('it was taken');
}

describe('the reader of manifests', () => {
  it('takes every manifest of the tree', async () => {
    const files = await readdir(MANIFESTS);
    assert.ok(files.length >= 4);
    for (const file of files) {
      const read = await manifestOf(file);
      assert.equal(`${read.name}.yaml`, file);
    }
  });

  it('has every kind of perturbation, a full node and one that syncs late in the manifest of CI', async () => {
    const { perturb, nodes } = await manifestOf('ci.yaml');
    const kinds = new Set(perturb.flatMap(({ actions }) => actions.map(({ do: kind }) => kind)));
    const all = ['clock', 'disconnect', 'kill', 'pause', 'restart', 'slow', 'upgrade'];
    assert.deepEqual([...kinds].toSorted(), all);
    assert.ok(Object.values(nodes).some(({ sync, startAt }) => sync === 'state' && startAt !== undefined));
  });

  it('fills in the defaults, and takes JSON as well', () => {
    const text = JSON.stringify({
      name: 'test',
      nodes: { 'validator-0': {} },
      perturb: [{ do: 'restart', nodes: ['validator-0'] }],
    });
    const { load, seed, wait, perturb } = readManifest(text);
    assert.deepEqual(
      { load, seed, wait },
      {
        load: { perSecond: 10, senders: 50, validHeights: 100 },
        seed: 1,
        wait: { heights: 3, withinSeconds: 60 },
      },
    );
    assert.ok((perturb[0]?.wait.withinSeconds ?? 0) >= 15);
  });

  it('names unknown keys, and the ones that were probably meant', () => {
    const text = manifest(
      'lod: { perSecond: 1, senders: 1 }\nperturb: [{ do: kill, nodes: [validator-0], forSecond: 2 }]',
    );
    const said = findingsOf(text);
    assert.match(said, /lod: is no key here; did you mean "load"\?/);
    assert.match(said, /perturb\[0\]\.forSecond: is no key here; did you mean "forSeconds"\?/);
    assert.match(
      findingsOf('name: a\nnodes: { validator-0: { rol: full } }'),
      /nodes\.validator-0\.rol: .*"role"/,
    );
  });

  it('names unknown actions and nodes, and the ones that were probably meant', () => {
    const said = findingsOf(manifest('perturb: [{ do: pauze, nodes: [validator-0], forSeconds: 2 }]'));
    assert.match(said, /perturb\[0\]\.do: is "pauze"; did you mean "pause"\?/);
    const unknown = findingsOf(manifest('perturb: [{ do: restart, nodes: [validator-9] }]'));
    assert.match(unknown, /perturb\[0\]: there is no node validator-9; did you mean "validator-0"\?/);
  });

  const refused: readonly (readonly [name: string, more: string, says: RegExp])[] = [
    ['a step that is no action', 'perturb: [kill]', /perturb\[0\]: is not an action/],
    ['a number that is out of bounds', 'seed: -1', /seed: must be >= 0/],
    [
      'a word that is not one of those possible',
      'perturb: [{ do: disconnect, around: [full-0], how: loud, forSeconds: 2 }]',
      /how: must be one of silent, reset, half-open/,
    ],
    [
      'links that are named in two ways',
      'perturb: [{ do: disconnect, around: [full-0], from: [full-0], to: [validator-0], forSeconds: 2 }]',
      /by one of them/,
    ],
    ['from without to', 'perturb: [{ do: disconnect, from: [full-0], forSeconds: 2 }]', /by one of them/],
    [
      'a node in two groups',
      'perturb: [{ do: disconnect, between: [[full-0], [full-0, validator-0]], forSeconds: 2 }]',
      /stands in two groups/,
    ],
    [
      'a reset one way',
      'perturb: [{ do: disconnect, from: [full-0], to: [validator-0], how: reset, forSeconds: 2 }]',
      /one way can only be silent/,
    ],
    [
      'slowness without a measure',
      'perturb: [{ do: slow, around: [full-0], forSeconds: 2 }]',
      /give delayMs or kibPerSecond/,
    ],
    [
      'an upgrade of what is new',
      'perturb: [{ do: upgrade, nodes: [full-0] }]',
      /runs the working tree already/,
    ],
    [
      'two actions on one process',
      'perturb: [{ together: [{ do: kill, nodes: [full-0], forSeconds: 1 }, { do: restart, nodes: [full-0] }] }]',
      /two actions at once are about the process of full-0/,
    ],
    [
      'a wait that forgets a lost quorum',
      'perturb: [{ do: kill, nodes: [validator-0, validator-1], forSeconds: 30, wait: { heights: 1, withinSeconds: 20 } }]',
      /withinSeconds: give at least 53; no quorum is left/,
    ],
    [
      'a wait that is too short for any recovery',
      'perturb: [{ do: kill, nodes: [full-0], forSeconds: 3, wait: { heights: 1, withinSeconds: 5 } }]',
      /withinSeconds: give at least 15/,
    ],
  ];
  for (const [name, more, says] of refused) {
    it(`refuses ${name}`, () => assert.match(findingsOf(manifest(more)), says));
  }

  it('refuses nodes that cannot make a chain', () => {
    assert.match(findingsOf('name: a\nnodes: { full-0: { role: full } }'), /there is no validator/);
    assert.match(
      findingsOf('name: a\nnodes: { validator-0: {}, validator-1: { startAt: 5 } }'),
      /the validators without startAt hold no quorum/,
    );
    assert.match(
      findingsOf('name: a\nnodes: { validator-0: {}, late-0: { role: full, startAt: 5, sync: state } }'),
      /give the others snapshots.interval/,
    );
    assert.match(
      findingsOf(
        'name: a\nnodes: { validator-0: {}, late-0: { role: full, startAt: 5 } }\nperturb: [{ do: restart, nodes: [late-0] }]',
      ),
      /late-0 has startAt and may not run yet/,
    );
  });

  it('refuses what is no YAML, aliases that multiply, and what is too long', () => {
    assert.match(findingsOf('name: ['), /is not YAML/);
    assert.match(findingsOf('name: &a test\nabout: *a\nnodes: {}'), /is not YAML/);
    assert.match(findingsOf(`# ${'x'.repeat(300_000)}`), /is longer than/);
    assert.match(findingsOf('- a'), /the manifest: must be object/);
  });
});
