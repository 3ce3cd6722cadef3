/** A file opened for writing. Positions are bytes from its start. */
export interface LogFile {
  /** Writes all of `bytes`; not durable before `sync`. */
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** Makes durable what was written before the call. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** The directory of a node's consensus files as a port: the file system's in production, a model of failing disks in tests. */
export interface LogDirectory {
  /** Names of the files, sorted. */
  list(): Promise<string[]>;
  /** Contents; undefined when there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Opens for writing without changing the contents; creates the file durably when it is absent. */
  open(name: string): Promise<LogFile>;
  remove(name: string): Promise<void>;
}
