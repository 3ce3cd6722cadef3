import { toHex } from '#kernel';
import { gatewayError } from '../errors.ts';
import type { ChainReader, LedgerReader } from '../ports.ts';
import { signedHeader } from './signed-header.ts';

/**
 * Height whose state can be proven: the state root after a height is in the next header, so the newest one is
 * that of the block before the tip.
 *
 * @param height the height asked for, if any
 * @throws `gateway.proof-not-ready` when no final header holds its root yet
 */
export function provableHeight(chain: ChainReader, height: number | undefined): number {
  const tip = chain.tip();
  const newest = tip.commit === undefined ? undefined : tip.height - 1;
  const wanted = height ?? newest;
  if (newest !== undefined && wanted !== undefined && wanted <= newest) return wanted;
  const which = wanted === undefined ? 'of the genesis' : `after ${wanted}`;
  throw gatewayError(
    'proof-not-ready',
    `the state root ${which} is in a header that is not final yet; ask again after the next block`,
    { tip: tip.height, ...(newest === undefined ? {} : { newestProvable: newest }) },
  );
}

/**
 * Proof of what a state key holds, or that it holds nothing, after `height`: state path, header and commit. A
 * client checks value against state root, state root against header, header against block hash, and the block
 * hash against the validators' signatures.
 *
 * @throws `blockchain.height-not-retained`, `gateway.proof-not-ready`
 */
export async function stateProof(
  ports: { chain: ChainReader; ledger: LedgerReader },
  key: Uint8Array,
  height: number,
) {
  const { chain, ledger } = ports;
  const [{ stateRoot, proof }, signed] = await Promise.all([
    ledger.prove(key, height),
    signedHeader(chain, height + 1),
  ]);
  if (signed === undefined) {
    const message = `the header of ${height + 1} is not kept by this node; ask for a later height`;
    throw gatewayError('proof-not-ready', message, { height: height + 1 });
  }
  return {
    key: toHex(proof.key),
    ...(proof.value === undefined ? {} : { value: toHex(proof.value) }),
    path: toHex(proof.path),
    stateRoot: toHex(stateRoot),
    stateHeight: height,
    ...signed,
  };
}
