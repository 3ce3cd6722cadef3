import type { SigningKey } from '#kernel';
import { systemClock, systemRandom, systemScheduler } from '#runtime';
import {
  createRemoteSigner,
  openFileDirectory,
  openLocalSigner,
  type ConsensusSigner,
  type RemoteSigner,
} from '#services/consensus';
import { createNetwork, peerIdOfAddress } from '#services/network';
import { configurationError } from '../configuration/errors.ts';
import { checkSigningHome } from '../home/check-signing-home.ts';
import type { Teardown } from '../lifecycle/teardown.ts';
import { signerHello } from '../signer/signer-hello.ts';
import type { ProtocolInit } from './protocol.ts';

/** Where the consensus key of a validator is. */
export type ConsensusKey =
  | { readonly kind: 'local'; readonly publicKey: Uint8Array; readonly key: SigningKey }
  /** A signer keeps it. */
  | { readonly kind: 'remote'; readonly publicKey: Uint8Array };

export interface OpenedSigner {
  /** Undefined in a node that follows without voting. */
  readonly signer: ConsensusSigner | undefined;
  readonly remote: RemoteSigner | undefined;
}

/**
 * Opens the local key's guard, or the way to the signer that keeps the key. The node starts without waiting for it.
 *
 * @param facts `tipHeight` of the last final block; `isFit` whether this node should be the one that signs
 */
export async function openSigner(
  init: ProtocolInit,
  facts: { tipHeight: number; isFit: () => boolean },
  teardown: Teardown,
): Promise<OpenedSigner> {
  const { loaded, genesis, consensusKey } = init;
  if (consensusKey === undefined) return { signer: undefined, remote: undefined };
  const logs = await openFileDirectory(loaded.path('data/consensus'));
  if (consensusKey.kind === 'remote') {
    await checkSigningHome(logs, undefined, facts.tipHeight);
    const remote = await openRemoteSigner(
      init,
      { publicKey: consensusKey.publicKey, isFit: facts.isFit },
      teardown,
    );
    return { signer: remote, remote };
  }
  const directory = await openFileDirectory(loaded.path('data/signer'));
  await checkSigningHome(logs, directory, facts.tipHeight);
  const { genesisHash } = genesis.identity;
  const signer = await openLocalSigner({ directory, key: consensusKey.key, genesisHash });
  teardown.add('signer', () => signer.close());
  return { signer, remote: undefined };
}

/** A connection of its own, to this one peer: the signer is no peer of the network. */
async function openRemoteSigner(
  { loaded, genesis, transportSeed, verifier, logger }: ProtocolInit,
  { publicKey, isFit }: { publicKey: Uint8Array; isFit: () => boolean },
  teardown: Teardown,
): Promise<RemoteSigner> {
  const address = loaded.configuration['signer.address'];
  const signer = peerIdOfAddress(address);
  if (signer === undefined) {
    throw configurationError('invalid-setting', `signer.address is ${address}, which ends in no peer id`, {
      setting: 'signer.address',
    });
  }
  const { genesisHash } = genesis.identity;
  const transport = await createNetwork(
    {
      listen: [],
      peers: [address],
      allow: [signer],
      privateKey: transportSeed,
      hello: () => signerHello('node', genesisHash),
    },
    {
      clock: systemClock,
      random: systemRandom,
      scheduler: systemScheduler,
      logger: logger.child({ network: 'signer' }),
    },
  );
  const remote = createRemoteSigner(
    { publicKey, genesisHash, signer, isFit },
    { transport, verifier, scheduler: systemScheduler, random: systemRandom, logger },
  );
  teardown.add('signer connection', () => transport.stop());
  teardown.add('signer', () => remote.stop());
  await transport.start();
  remote.start();
  return remote;
}
