export { systemClock, systemScheduler } from './clock.ts';
export { systemRandom } from './random.ts';
