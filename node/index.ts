export {
  loadConfiguration,
  type ConfigurationSources,
  type LoadedConfiguration,
} from './configuration/load-configuration.ts';
export { SETTINGS, environmentName } from './configuration/settings.ts';
export type { CountdownTick } from './genesis/countdown.ts';
export { initHome, type InitHomeOptions, type InitializedHome, type InitPassword } from './home/init-home.ts';
export { writeKeyFile } from './home/key-files.ts';
export { BOOT_STAGES, reportToParent, type BootStage, type NodeReport } from './lifecycle/progress.ts';
export {
  runNetwork,
  stopNetwork,
  type NetworkEvent,
  type NetworkStatus,
  type RunningNetwork,
} from './local-network/network.ts';
export { makeValidatorKeys, throwawayValidators } from './local-network/network-keys.ts';
export { dumpHome, type DumpOptions, type HomeDump } from './recovery/dump-home.ts';
export { exportState, type ExportedState, type ExportRequest } from './recovery/export-state.ts';
export { pruneHome, rollBackHome, verifyHome, type PrunedHome } from './recovery/maintain-home.ts';
export type { DatabaseReport, VerifyStage } from './recovery/verify-database.ts';
export { startNode, type RunningNode } from './node.ts';
export { initSignerHome, type InitializedSigner } from './signer/init-signer-home.ts';
export { startSigner } from './signer/start-signer.ts';
