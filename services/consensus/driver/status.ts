import { powerTotals } from '../domain/state.ts';
import type { ConsensusStatus } from '../face.ts';
import type { HeightRun } from './height-run.ts';

/** Before the first height starts. */
export function statusBefore(height: number): Omit<ConsensusStatus, 'paused' | 'peersAtHeight'> {
  return { height, round: 0, step: 'waiting', prevotePower: 0, precommitPower: 0, totalPower: 0 };
}

export function statusOf({
  core,
  context,
}: Pick<HeightRun, 'core' | 'context'>): Omit<ConsensusStatus, 'paused' | 'peersAtHeight'> {
  const { height, setting, set } = context;
  const proposer = set.validators[setting.proposerOf(core.round)]?.address;
  return {
    ...powerTotals(core),
    height,
    round: core.round,
    step: core.step,
    ...(proposer !== undefined && { proposer }),
    ...(setting.self !== undefined && { validatorIndex: setting.self }),
  };
}
