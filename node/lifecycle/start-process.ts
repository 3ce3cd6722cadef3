import type { Logger } from '#kernel';
import { createLogger } from '#runtime';
import {
  loadConfiguration,
  type ConfigurationSources,
  type LoadedConfiguration,
} from '../configuration/load-configuration.ts';
import { FatalSignal } from './fatal-signal.ts';
import { Teardown } from './teardown.ts';

export interface StartProcessOptions extends ConfigurationSources {
  readonly configurationFile: string;
}

/** What a process of a home has while it starts. */
export interface ProcessFrame {
  readonly loaded: LoadedConfiguration;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** Takes what was opened. */
  readonly teardown: Teardown;
  /** Going on is not safe. */
  readonly onFatal: (error: unknown) => void;
}

export interface RunningProcess {
  readonly name: string;
  /** Closes everything in order; resolves when the engines are closed. */
  stop(): Promise<void>;
  /** Calls back once when going on would not be safe; the process must stop and end. */
  onFatal(listener: (error: Error) => void): void;
}

/**
 * Starts what one process of a home does, with its configuration and its log.
 *
 * @param what for the log: `node`, `signer`
 * @param open opens everything; what it had opened when it fails is closed again
 * @throws `configuration.*`, and what `open` throws
 */
export async function startProcess<Started extends object>(
  what: string,
  options: StartProcessOptions,
  open: (frame: ProcessFrame) => Promise<Started>,
): Promise<RunningProcess & Started> {
  const loaded = await loadConfiguration(options.configurationFile, options);
  const { configuration } = loaded;
  const destination = configuration['log.file'] === '' ? 1 : loaded.path(configuration['log.file']);
  const logger = createLogger({ name: configuration.name, level: configuration['log.level'], destination });
  const teardown = new Teardown();
  teardown.add('log', () => logger.flush());
  const fatal = new FatalSignal(what, logger);
  const { environment = {} } = options;
  const onFatal = (error: unknown): void => fatal.raise(error);
  try {
    return {
      ...(await open({ loaded, environment, logger, teardown, onFatal })),
      name: configuration.name,
      stop: () => teardown.run(logger),
      onFatal: (listener) => fatal.onFatal(listener),
    };
  } catch (error) {
    logger.error({ error }, `the ${what} did not start`);
    await teardown.run(logger);
    throw error;
  }
}
