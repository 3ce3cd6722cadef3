import { Type } from 'typebox';
import { toHex } from '#kernel';
import { timeText } from '../json/chain-json.ts';
import { isUnchanged, REVALIDATE } from '../http/headers.ts';
import { Count, Hash, Height, Time } from '../schemas/common.ts';
import { JSON_TYPE, operation, type App, type RouteContext } from './context.ts';

const StatusJson = Type.Object({
  chainId: Type.String(),
  genesisHash: Hash,
  height: Height,
  blockHash: Hash,
  stateRoot: Hash,
  blockTime: Time,
  validators: Count,
  epoch: Type.Integer({ description: 'the epoch in progress: GET /staking says more' }),
  peers: Count,
  syncing: Type.Boolean(),
  secondsToGenesis: Type.Optional(
    Type.Integer({ minimum: 1, description: 'While the chain waits for its genesis time' }),
  ),
  version: Type.String(),
});

/** `GET /status`. The text is made once for each height, number of peers, state of syncing and second of waiting. */
export function statusRoutes(app: App, { components }: RouteContext): void {
  const { chain, clock, identity, ledger, peers, version } = components;
  const genesisHash = toHex(identity.genesisHash);
  let cached = { tag: '', text: '' };
  const current = (): typeof cached => {
    const tip = chain.tip();
    const count = peers.peers().length;
    const syncing = components.syncing();
    const waitMs = tip.commit === undefined ? tip.blockTimeMs - clock.now() : 0;
    const secondsToGenesis = Math.max(0, Math.ceil(waitMs / 1_000));
    const tag = `${tip.height}-${count}-${syncing ? 1 : 0}${secondsToGenesis === 0 ? '' : `-${secondsToGenesis}`}`;
    if (tag === cached.tag) return cached;
    const text = JSON.stringify({
      chainId: identity.chainId,
      genesisHash,
      height: tip.height,
      blockHash: toHex(tip.blockHash),
      stateRoot: toHex(tip.stateRoot),
      blockTime: timeText(tip.blockTimeMs),
      validators: tip.validators.validators.length,
      epoch: ledger.stake().progress().epoch,
      peers: count,
      syncing,
      ...(secondsToGenesis > 0 && { secondsToGenesis }),
      version,
    });
    cached = { tag, text };
    return cached;
  };
  const schema = operation('node', 'Chain, height and peers of the node', StatusJson, {});
  app.get('/status', { schema }, (request, reply) => {
    const { tag, text } = current();
    if (isUnchanged(request, reply, `${genesisHash.slice(0, 16)}-${tag}`, REVALIDATE)) return reply.send();
    return reply.type(JSON_TYPE).send(text);
  });
}
