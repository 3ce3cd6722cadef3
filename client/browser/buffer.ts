/**
 * What `@chainsafe/ssz` asks of the `Buffer` of Node.js when its types are made; it uses the rest for hashing only,
 * which this project does by other means. A bundler puts it in the place of the free name (`inject` of esbuild and
 * of the Rollup plugin), so that the page itself gets no global.
 */
export const Buffer = {
  from: (memory: ArrayBuffer, offset: number, length: number): Uint8Array =>
    new Uint8Array(memory, offset, length),
  alloc: (length: number): Uint8Array => new Uint8Array(length),
};
