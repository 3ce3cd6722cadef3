export { loadConfiguration, type ConfigurationSources } from './configuration/load-configuration.ts';
export { SETTINGS, environmentName } from './configuration/settings.ts';
export { BOOT_STAGES, reportToParent, type BootStage, type NodeReport } from './lifecycle/progress.ts';
export { VERSION } from './version.ts';
