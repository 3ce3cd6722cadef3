import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { peerIdOfSeed } from '#services/network';
import { choosePeers } from '../choose-peers.ts';

const ids: string[] = [];
before(async () => {
  for (let seed = 0; seed < 5; seed++) ids.push(await peerIdOfSeed(new Uint8Array(32).fill(seed)));
});
const at = (index: number, host = 'ip4/10.0.0.1'): string => `/${host}/tcp/26656/p2p/${ids[index]}`;
const choose = (given: Partial<Parameters<typeof choosePeers>[0]>) =>
  choosePeers({ configured: [], declared: [], self: ids[0] as string, allow: [], ...given });

describe('the peers that a node dials', () => {
  it('are those that the genesis declares, without itself', () => {
    const {
      addresses,
      ids: chosen,
      malformed,
    } = choose({ declared: [at(1), at(0), at(2, 'dns4/b.example.org')] });
    assert.deepEqual(addresses.toSorted(), [at(1), at(2, 'dns4/b.example.org')].toSorted());
    assert.deepEqual(chosen, new Set([ids[1], ids[2]]));
    assert.deepEqual(malformed, []);
  });

  it('are reached where the configuration says, if it names them', () => {
    const configured = [at(1, 'ip4/127.0.0.1'), at(0)];
    const { addresses, ids: chosen } = choose({ configured, declared: [at(1), at(2), at(2, 'dns/x')] });
    assert.deepEqual(addresses, [...configured, at(2)]);
    assert.deepEqual([...chosen], [ids[1], ids[2]]);
  });

  it('are allowed ones only, where an allow-list is given', () => {
    const { addresses } = choose({ declared: [at(1), at(2)], allow: [ids[2] as string] });
    assert.deepEqual(addresses, [at(2)]);
  });

  it('do not hold what is no address of a peer, which is named', () => {
    const malformed = [
      '',
      'somewhere',
      '/ip4/10.0.0.1/tcp/26656',
      '/ip4/300.0.0.1/tcp/26656/p2p/x',
      `/ip4/10.0.0.1/tcp/26656/p2p/${'1'.repeat(50)}`,
      `/ip4/10.0.0.1/udp/26656/p2p/${ids[1]}`,
      `/ip4/10.0.0.1/tcp/99999/p2p/${ids[1]}`,
      `${at(1)}/p2p-circuit/p2p/${ids[2]}`,
    ];
    assert.deepEqual(choose({ declared: malformed }).malformed.toSorted(), malformed.toSorted());
    fc.assert(
      fc.property(fc.array(fc.string()), (declared) => {
        assert.deepEqual(choose({ declared }).addresses, []);
      }),
    );
  });

  it('are bounded, and begin after the own place', async () => {
    const many: string[] = [];
    for (let seed = 0; seed < 260; seed++) {
      const seedBytes = new Uint8Array(32).fill(7);
      seedBytes[0] = seed & 255;
      seedBytes[1] = seed >> 8;
      many.push(`/ip4/10.0.0.1/tcp/1/p2p/${await peerIdOfSeed(seedBytes)}`);
    }
    const self = many[100]?.split('/').at(-1) as string;
    const { addresses, leftOut } = choose({ declared: many, self });
    assert.deepEqual([addresses.length, leftOut], [200, 59]);
    assert.deepEqual([addresses[0], addresses.at(-1)], [many[101], many[40]]);
  });
});
