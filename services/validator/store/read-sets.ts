import { setOfView } from '../domain/epoch/seats.ts';
import { stakingParametersCodec } from '../domain/records/encodings.ts';
import type { StakingParameters } from '../domain/parameters.ts';
import { PROGRESS, SEATS, STAKING_PARAMETERS } from '../domain/records/tables.ts';
import { StakeView } from '../domain/stake-view.ts';
import type { ValidatorSet } from '../domain/validator-set.ts';
import { hotRecord, isHot, needHot, readHot, type HotRecords } from './hot-records.ts';
import type { RecordReader } from './record-reader.ts';

/** What of the context's state is in memory at a height. */
export interface StakeTip {
  readonly hot: HotRecords;
  readonly staking: StakingParameters;
  /** The validators of the next height. */
  readonly validators: ValidatorSet;
  /** The validators of the height itself, who signed its commit. */
  readonly committee: ValidatorSet;
}

/** Reads what stands at the end of a height; undefined when the state holds no staking. */
export async function readStakeTip(reader: RecordReader, height: number): Promise<StakeTip | undefined> {
  const [parameters] = await reader.getMany([STAKING_PARAMETERS.keyOf()]);
  const hot = await readHot(reader);
  if (parameters === undefined || hotRecord(hot, PROGRESS) === undefined) return undefined;
  return { hot, staking: stakingParametersCodec.decode(parameters), ...setsOf(hot, height) };
}

/** The sets of a height and the next, out of the records at the height's end. */
export function setsOf(
  hot: HotRecords,
  height: number,
): { readonly validators: ValidatorSet; readonly committee: ValidatorSet } {
  const view = new StakeView(hot, { balanceOf: () => 0n, setBalance: () => {} }, isHot);
  const validators = setOfView(view, 'current');
  const { setSince } = needHot(hot, PROGRESS);
  const isNew = setSince === height + 1 && hasBefore(view);
  return { validators, committee: isNew ? setOfView(view, 'before') : validators };
}

/** Before the first height there was no set. */
function hasBefore(view: StakeView): boolean {
  return view.keysUnder(SEATS.prefixOf()).some((key) => view.need(SEATS, key.slice(1)).before.power > 0);
}
