export { finalityCurve } from './curve.ts';
export { describeWide } from './describe-wide.ts';
export { describeEstimate } from './estimate/describe-estimate.ts';
export { committeeTable, estimateDesigns, type EstimateInit } from './estimate/designs.ts';
export type { WideReport } from './report.ts';
export { WIDE_DEFAULTS, type WideRequest } from './request.ts';
export { runWide } from './run-wide.ts';
