import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CoreNetwork, seeded, type Scenario } from './core-network.ts';

const SEEDS = Number(process.env['CONSENSUS_SEEDS'] ?? 150);
const FIRST_SEED = Number(process.env['CONSENSUS_FIRST_SEED'] ?? 1);

/** Powers by scenario with the validators that the adversary holds: always less than a third. */
const SETS: readonly { powers: readonly number[]; byzantine: readonly number[] }[] = [
  { powers: [1, 1, 1, 1], byzantine: [] },
  { powers: [1, 1, 1, 1], byzantine: [0] },
  { powers: [1, 1, 1, 1], byzantine: [2] },
  { powers: [1, 1, 1, 1, 1, 1, 1], byzantine: [0, 4] },
  { powers: [5, 4, 3, 2, 1], byzantine: [1] },
  { powers: [1], byzantine: [] },
];

function scenarioOf(seed: number): Scenario {
  const random = seeded(seed);
  const set = SETS[random(SETS.length)] as (typeof SETS)[number];
  return {
    powers: set.powers,
    byzantine: new Set(set.byzantine),
    random,
    loss: random(25),
    duplication: random(15),
    crash: random(4),
  };
}

describe('a network of cores under an adversary', () => {
  it('agrees on one valid value whatever the schedule, and decides once the network heals', () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const scenario = scenarioOf(seed);
      const network = new CoreNetwork(scenario);
      try {
        network.chaos(3 + scenario.random(12));
        network.checkSafety();
        network.heal(60);
        network.checkSafety();
        for (const node of network.nodes) {
          assert.notEqual(node.decided, undefined, `node ${node.index} did not decide`);
        }
      } catch (error) {
        const replay = `replay with CONSENSUS_FIRST_SEED=${seed} CONSENSUS_SEEDS=1`;
        throw new Error(`seed ${seed} failed (${replay}): ${(error as Error).message}`, { cause: error });
      }
    }
  });

  it('gives the same run for the same seed', () => {
    const run = () => {
      const scenario = scenarioOf(42);
      const network = new CoreNetwork(scenario);
      network.chaos(10);
      network.heal(60);
      return network.nodes.map((node) => ({ inputs: node.inputs.length, decided: node.decided }));
    };
    assert.deepEqual(run(), run());
  });
});
