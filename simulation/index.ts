export { MUTATIONS, type Mutation } from './mutations/mutation.ts';
export { DEFAULT_PROFILE, PROFILES, profileOf, type Profile } from './profiles.ts';
export {
  describeFinding,
  describeSummary,
  summarise,
  type SimulationSummary,
} from './run/describe-report.ts';
export type { SeedReport } from './run/run-seed.ts';
export { runSeeds, type SeedsRequest } from './run/run-seeds.ts';
export {
  committeeTable,
  describeEstimate,
  describeWide,
  estimateDesigns,
  finalityCurve,
  runWide,
  WIDE_DEFAULTS,
  type WideReport,
} from './wide/index.ts';
