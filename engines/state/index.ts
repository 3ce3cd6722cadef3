export { stateEngineError } from './errors.ts';
export { createMemoryStateEngine, type MemoryStateEngine } from './memory-engine.ts';
export { openStateEngine } from './open-state-engine.ts';
export {
  STATE_FAMILIES,
  type Entry,
  type RangeOptions,
  type StateEngine,
  type StateFamily,
  type StateProfile,
  type StateStatistics,
  type WriteBatch,
} from './port.ts';
