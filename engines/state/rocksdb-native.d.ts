/** The part of rocksdb-native 3 that is used here; the package ships no types. */
declare module 'rocksdb-native' {
  interface NativeRange {
    gte?: Uint8Array;
    gt?: Uint8Array;
    lt?: Uint8Array;
    lte?: Uint8Array;
    reverse?: boolean;
    limit?: number;
    capacity?: number;
  }
  interface NativeReadBatch {
    get(key: Uint8Array): Promise<Uint8Array | null>;
    tryFlush(): void;
    flush(): Promise<void>;
    destroy(): void;
  }
  interface NativeWriteBatch {
    tryPut(key: Uint8Array, value: Uint8Array): void;
    tryDelete(key: Uint8Array): void;
    flush(): Promise<void>;
    destroy(): void;
  }
  interface FamilyOptions {
    writeBufferSize?: number;
    maxWriteBufferNumber?: number;
    filterPolicy?: BloomFilterPolicy | null;
    tableBlockSize?: number;
  }
  interface DatabaseOptions extends FamilyOptions {
    columnFamilies?: ColumnFamily[];
    readOnly?: boolean;
    maxBackgroundJobs?: number;
    maxOpenFiles?: number;
  }
  class BloomFilterPolicy {
    constructor(bitsPerKey: number);
  }
  class ColumnFamily {
    constructor(name: string, options?: FamilyOptions);
  }
  class RocksDB {
    static readonly ColumnFamily: typeof ColumnFamily;
    static readonly BloomFilterPolicy: typeof BloomFilterPolicy;
    constructor(path: string, options?: DatabaseOptions);
    ready(): Promise<void>;
    close(options?: { force?: boolean }): Promise<void>;
    columnFamily(name: string): RocksDB;
    read(options?: { capacity?: number; autoDestroy?: boolean }): NativeReadBatch;
    write(options?: { capacity?: number; autoDestroy?: boolean }): NativeWriteBatch;
    iterator(range: NativeRange): AsyncIterable<{ key: Uint8Array; value: Uint8Array }>;
    currentWalFile(): Promise<{ path: string; number: number; size: number }>;
    getProperty(name: string): Promise<string | null>;
  }
  namespace RocksDB {
    type NativeBatch = NativeWriteBatch;
  }
  export = RocksDB;
}
