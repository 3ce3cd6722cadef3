export { openCoordinationEngine } from './open-coordination-engine.ts';
export { openStoredCoordination } from './stored-engine.ts';
export type {
  Acquisition,
  CoordinationEngine,
  CoordinationRecord,
  Fence,
  Lease,
  LeaseState,
} from './port.ts';
