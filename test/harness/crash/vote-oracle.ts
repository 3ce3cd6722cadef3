import { fromHex, silentLogger } from '#kernel';
import { systemClock, systemRandom, systemScheduler } from '#runtime';
import { createNetwork, type Network } from '#services/network';
import type { CrashNetwork, CrashNode } from './crash-network.ts';
import {
  compareSigned,
  placeOf,
  readLastSign,
  readLogs,
  readMessage,
  STEPS,
  type Signed,
} from './vote-records.ts';

/**
 * Sees every proposal and vote that leaves a validator: a peer that says nothing, and the logs of whoever died.
 * Two of one validator at one place with different hashes are a double sign, whatever the nodes think of it.
 */
export class VoteOracle {
  readonly findings: string[] = [];
  readonly #peers: Network[] = [];
  /** Hash by validator, place and kind. */
  readonly #hashes = new Map<string, string>();
  /** The last of each validator that left its machine. */
  readonly #last = new Map<number, Signed>();
  /** Index in the validator set by node. */
  readonly #indexes = new Map<string, number>();
  seen = 0;

  async listen(network: Pick<CrashNetwork, 'peers' | 'chainId' | 'genesisHash'>): Promise<void> {
    for (const address of network.peers) {
      // One for each: a peer that several nodes share is sent less by each of them.
      const peer = await createNetwork(
        {
          listen: [],
          peers: [address],
          privateKey: systemRandom.bytes(32),
          hello: () => ({
            protocolVersion: 1,
            chainId: network.chainId,
            genesisHash: fromHex(network.genesisHash),
            role: 'full',
            agent: 'oracle',
            height: 0,
          }),
        },
        { clock: systemClock, random: systemRandom, scheduler: systemScheduler, logger: silentLogger },
      );
      peer.onMessage('consensus', (_peer, message) => {
        const signed = readMessage(message);
        if (signed !== undefined) this.take(signed, true);
      });
      this.#peers.push(peer);
      await peer.start();
    }
  }

  async learnIndexes(network: CrashNetwork): Promise<void> {
    const answer = await network.platform.get<{ items: { name: string }[] }>('/validators');
    for (const [index, { name }] of (answer?.items ?? []).entries()) this.#indexes.set(name, index);
    if (this.#indexes.size !== network.validators.length) throw new Error('the validators are not known');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.stop()));
  }

  /** @param left whether it left the machine of who signed it */
  take(signed: Signed, left: boolean): void {
    this.seen++;
    const { validatorIndex, kind, height, round, blockHash } = signed;
    const place = `validator ${validatorIndex}: ${kind} of height ${height} round ${round}`;
    const before = this.#hashes.get(place);
    if (before === undefined) this.#hashes.set(place, blockHash);
    else if (before !== blockHash)
      this.findings.push(`double sign: ${place}: ${before || 'nil'} and ${blockHash || 'nil'}`);
    const last = this.#last.get(validatorIndex);
    if (left && (last === undefined || compareSigned(placeOf(last), placeOf(signed)) < 0))
      this.#last.set(validatorIndex, signed);
  }

  /** Height of the last that left a validator. */
  lastHeight(validatorIndex: number): number {
    return this.#last.get(validatorIndex)?.height ?? 0;
  }

  get places(): number {
    return this.#hashes.size;
  }

  /** Reads the logs of a dead node: its own votes may never have left, those of others did. */
  async readLogs(node: CrashNode): Promise<void> {
    const own = this.#indexes.get(node.name);
    for (const signed of (await readLogs(node.home)).signed) this.take(signed, signed.validatorIndex !== own);
  }

  /** After its power came back: what left the machine must be in the record, and what led to it in the log, that the disk kept. */
  async checkKept(node: CrashNode): Promise<void> {
    const own = this.#indexes.get(node.name);
    const last = own === undefined ? undefined : this.#last.get(own);
    if (own === undefined || last === undefined) return;
    const what = `${last.kind} of height ${last.height} round ${last.round}`;
    const record = await readLastSign(node.home);
    if (record === undefined || compareSigned(record, placeOf(last)) < 0) {
      const kept =
        record === undefined ? 'none' : `${STEPS[record.step]} of ${record.height}/${record.round}`;
      this.findings.push(
        `${node.name} sent its ${what}, its record of the last signature after the power loss is ${kept}`,
      );
    }
    const { signed, intents, lowest } = await readLogs(node.home);
    if (lowest <= last.height && !hasCause(last, signed, intents)) {
      this.findings.push(
        `${node.name} sent its ${what}, and what led to it is not in its log after the power loss`,
      );
    }
  }
}

/** Validators that are more than two thirds of four. */
const QUORUM = 3;

/** Whether a log has the inputs that let a validator sign: without them it might sign something else next time. */
function hasCause(last: Signed, signed: readonly Signed[], intents: readonly Signed[]): boolean {
  const isOfPlace = (one: Signed) =>
    one.height === last.height && one.round === last.round && one.blockHash === last.blockHash;
  switch (last.kind) {
    case 'proposal':
      return intents.some(isOfPlace);
    case 'prevote':
      // A prevote for nil comes of a timeout, or of a proposal that is no good.
      return last.blockHash === '' || signed.some((one) => one.kind === 'proposal' && isOfPlace(one));
    case 'precommit': {
      const prevotes = signed.filter((one) => one.kind === 'prevote' && isOfPlace(one));
      return last.blockHash === '' || new Set(prevotes.map((one) => one.validatorIndex)).size >= QUORUM;
    }
  }
}
