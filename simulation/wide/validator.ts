import { silentLogger, type SigningKey } from '#kernel';
import {
  createConsensus,
  openLocalSigner,
  type Consensus,
  type LogDirectory,
  type LogFile,
} from '#services/consensus';
import type { Transport } from '#services/network';
import type { Transaction } from '#services/transaction';
import { sharedVerifier } from '../node/verifier.ts';
import type { SeededRandom } from '../random.ts';
import type { Costs } from './costs.ts';
import { headerChain, type SharedChain } from './header-chain.ts';
import type { MachineCpu } from './machine-cpu.ts';

export interface WideValidatorInit {
  readonly shared: SharedChain;
  readonly key: SigningKey;
  readonly cpu: MachineCpu;
  readonly transport: Transport;
  readonly costs: Costs;
  readonly random: SeededRandom;
  readonly transactions: readonly Transaction[];
}

/** The real driver, core, log, guard and relay of consensus on a modelled machine. */
export async function openWideValidator(init: WideValidatorInit): Promise<Consensus> {
  const { shared, key, cpu, transport, costs, random, transactions } = init;
  const { identity } = shared.genesis;
  const directory = writeOnlyDirectory(cpu, costs.syncMs);
  const paying: SigningKey = {
    ...key,
    sign(digest) {
      cpu.charge(costs.signMs);
      return key.sign(digest);
    },
  };
  const signer = await openLocalSigner({ directory, key: paying, genesisHash: identity.genesisHash });
  const byId = new Map(transactions.map((transaction) => [transaction.id, transaction]));
  return createConsensus({ identity, directory, key: signer })({
    chain: headerChain({ shared, cpu, costs, verifier: sharedVerifier }),
    transport,
    mempool: {
      select: ({ maxCount }) => transactions.slice(0, maxCount),
      lookup: (id) => byId.get(id),
      hasSelectable: () => transactions.length > 0,
      onAvailable: () => () => undefined,
    },
    fetch: { fetch: () => Promise.reject(new Error('every validator of the model has the transactions')) },
    verifier: {
      // Each distinct signature is worked out once; every machine pays for its own check, and for the vote's way.
      verify(check) {
        cpu.charge(costs.verifyMs + costs.takeVoteMs);
        return sharedVerifier.verify(check);
      },
    },
    clock: cpu,
    scheduler: cpu,
    random,
    logger: silentLogger,
  });
}

/** Nothing is read again: no machine of the model crashes. A sync takes its time. */
function writeOnlyDirectory(cpu: MachineCpu, syncMs: number): LogDirectory {
  const nothing = async (): Promise<void> => undefined;
  const file: LogFile = {
    write: nothing,
    sync: () =>
      new Promise((resolve) => {
        cpu.after(syncMs, resolve);
      }),
    truncate: nothing,
    close: nothing,
  };
  return { list: async () => [], read: async () => undefined, open: async () => file, remove: nothing };
}
