import { equalBytes, toHex, type SignatureVerifier } from '#kernel';
import type { ChainIdentity } from '#services/transaction/portable';
import { lightValidatorSet, stateOf } from '../domain/light-block.ts';
import { hasExpired } from '../domain/plan-verification.ts';
import {
  DEFAULT_CLOCK_DRIFT_MS,
  DEFAULT_TRUST_LEVEL,
  type Divergence,
  type LightBlock,
  type TrustedState,
  type TrustRoot,
  type VerificationRules,
} from '../domain/types.ts';
import { lightError } from '../errors.ts';
import { BACKWARD_MAX, TRUST_DENOMINATOR_MAX } from '../limits.ts';
import type { LightBlockSource, LightStore } from '../ports.ts';
import { hearWitness } from './cross-check.ts';
import { memoryLightStore } from './memory-store.ts';
import { blockAt, traceTo } from './trace-to.ts';
import { verifyOwnQuorum, type VerifyContext } from './verify-block.ts';
import { walkBack } from './walk-back.ts';

export interface LightClientInit {
  readonly identity: ChainIdentity;
  readonly trust: TrustRoot;
  readonly rules: Pick<VerificationRules, 'trustingPeriodMs'> & Partial<VerificationRules>;
}

export interface LightClientComponents {
  readonly primary: LightBlockSource;
  /** Other nodes, run by others: with none, the primary alone is believed as far as its signatures reach. */
  readonly witnesses?: readonly LightBlockSource[];
  /** Memory when it is left out. */
  readonly store?: LightStore;
  readonly clock: { now(): number };
  readonly verifier: Pick<SignatureVerifier, 'verifyBatch'>;
  /** Hears the evidence before `light.divergence` is thrown. */
  readonly onDivergence?: (divergence: Divergence) => void;
}

/** Verifies headers of a chain that it does not follow. */
export interface LightClient {
  readonly identity: ChainIdentity;
  /**
   * The verified block of a height.
   *
   * @throws `light.*`; nothing that fails is kept
   */
  verifiedAt(height: number): Promise<LightBlock>;
  /** The primary's newest block, verified. */
  latest(): Promise<LightBlock>;
  /** Witnesses that are still believed. */
  witnesses(): readonly string[];
}

/**
 * A light client as CometBFT specifies it: skipping verification with bisection from a root of trust, witnesses
 * that detect divergence, and a store of what is verified.
 *
 * @throws `light.wrong-rules`
 * @see docs/spec/light-client.md
 */
export function createLightClient(init: LightClientInit): (components: LightClientComponents) => LightClient {
  const rules = checkRules({
    clockDriftMs: DEFAULT_CLOCK_DRIFT_MS,
    trustLevel: DEFAULT_TRUST_LEVEL,
    ...init.rules,
  });
  return (components) => new SkippingLightClient({ ...init, rules }, components);
}

function checkRules(rules: VerificationRules): VerificationRules {
  const { trustingPeriodMs, clockDriftMs, trustLevel } = rules;
  const { numerator, denominator } = trustLevel;
  const isShare =
    Number.isSafeInteger(numerator) &&
    Number.isSafeInteger(denominator) &&
    denominator <= TRUST_DENOMINATOR_MAX &&
    numerator * 3 >= denominator &&
    numerator < denominator;
  if (isShare && trustingPeriodMs > 0 && clockDriftMs >= 0) return rules;
  const message = `a trusting period of ${trustingPeriodMs} ms, a clock drift of ${clockDriftMs} ms and a trust level of ${numerator}/${denominator} were given; the level must be from 1/3 to less than 1 with a denominator up to ${TRUST_DENOMINATOR_MAX}`;
  throw lightError('wrong-rules', message);
}

class SkippingLightClient implements LightClient {
  readonly identity: ChainIdentity;
  readonly #trust: TrustRoot;
  readonly #context: VerifyContext;
  readonly #components: LightClientComponents;
  readonly #store: LightStore;
  #witnesses: readonly LightBlockSource[];
  /** Calls run one after the other: the second finds what the first has verified. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    init: { identity: ChainIdentity; trust: TrustRoot; rules: VerificationRules },
    components: LightClientComponents,
  ) {
    const { identity, rules } = init;
    this.identity = identity;
    this.#trust = init.trust;
    this.#components = components;
    this.#store = components.store ?? memoryLightStore();
    this.#witnesses = components.witnesses ?? [];
    this.#context = { identity, rules, clock: components.clock, verifier: components.verifier };
  }

  verifiedAt(height: number): Promise<LightBlock> {
    return this.#inTurn(() => this.#verifiedAt(height));
  }

  latest(): Promise<LightBlock> {
    return this.#inTurn(async () => {
      const target = await this.#components.primary.lightBlock('latest');
      return this.#verifiedAt(target.header.height, target);
    });
  }

  witnesses(): readonly string[] {
    return this.#witnesses.map(({ name }) => name);
  }

  #inTurn<Value>(task: () => Promise<Value>): Promise<Value> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #verifiedAt(height: number, given?: LightBlock): Promise<LightBlock> {
    const { primary } = this.#components;
    const known = await this.#store.atOrBelow(height);
    if (known?.header.height === height) return known;
    const root = known === undefined ? await this.#rootFor(height) : stateOf(known);
    if (root === undefined) return this.#below(height);
    if (root.height === height) return (await this.#store.atOrBelow(height)) as LightBlock;
    const above = await this.#aboveExpired(root, height);
    if (above !== undefined) return this.#walkBackFrom(above, height);
    const target = given ?? (await blockAt(primary, height));
    const trace = await traceTo(this.#context, root, target, primary);
    await this.#crossCheck(root, trace);
    // LIGHT-14: kept only now, after the witnesses were heard.
    for (const block of trace) await this.#store.put(block);
    return target;
  }

  /** A height below everything verified. */
  async #below(height: number): Promise<LightBlock> {
    const lowest = await this.#store.above(height);
    if (lowest === undefined)
      throw lightError('wrong-height', `no header is at height ${height}`, { height });
    return this.#walkBackFrom(lowest, height);
  }

  /**
   * LIGHT-10: what a height is walked back to from when the trusted state below it has expired. A block too far above
   * is of no use: then it is the trust that is missing.
   */
  async #aboveExpired(root: TrustedState, height: number): Promise<LightBlock | undefined> {
    const { rules, clock } = this.#context;
    if (!hasExpired(root, { rules, nowMs: clock.now() })) return undefined;
    const above = await this.#store.above(height);
    return above !== undefined && above.header.height - height <= BACKWARD_MAX ? above : undefined;
  }

  async #walkBackFrom(above: LightBlock, height: number): Promise<LightBlock> {
    const block = await walkBack(above, height, this.#components.primary);
    await this.#store.put(block);
    return block;
  }

  /** LIGHT-11: the root of trust; undefined when it lies above `height`, and is in the store then. */
  async #rootFor(height: number): Promise<TrustedState | undefined> {
    const trust = this.#trust;
    const { genesisHash } = this.identity;
    if (trust.kind === 'genesis') {
      const set = lightValidatorSet(trust.validators);
      if (!set.ok) throw set.error;
      const before = trust.initialHeight - 1;
      if (height <= before) throw lightError('wrong-height', `the first height is ${trust.initialHeight}`);
      return {
        height: before,
        timeMs: trust.timeMs,
        blockHash: genesisHash,
        validators: set.value,
        nextValidatorSetHash: set.value.hash,
      };
    }
    const above = await this.#store.above(height);
    if (above !== undefined) return undefined;
    const block = await this.#trustedHeader(trust.height, trust.hash);
    return trust.height > height ? undefined : stateOf(block);
  }

  async #trustedHeader(height: number, hash: Uint8Array): Promise<LightBlock> {
    const { primary } = this.#components;
    const block = await blockAt(primary, height);
    if (!equalBytes(block.hash, hash)) {
      const message = `${primary.name} has the header ${toHex(block.hash)} at height ${height}, trusted is ${toHex(hash)}: the node or the hash is of another chain`;
      throw lightError('wrong-trust', message, { height });
    }
    const final = await verifyOwnQuorum(this.#context, block);
    if (!final.ok) throw final.error;
    await this.#store.put(block);
    return block;
  }

  async #crossCheck(root: TrustedState, trace: readonly LightBlock[]): Promise<void> {
    const witnesses = this.#witnesses;
    if (witnesses.length === 0) return;
    const heard = await Promise.all(
      witnesses.map((witness) => hearWitness(this.#context, witness, root, trace)),
    );
    const diverging = heard.find((testimony) => testimony.kind === 'diverges');
    if (diverging !== undefined) {
      const { divergence } = diverging;
      this.#components.onDivergence?.(divergence);
      const { height } = divergence.ofPrimary.header;
      const message = `${this.#components.primary.name} and ${divergence.witness} prove different headers of height ${height}: more than a third of the power signed both; trust neither, and tell the operators`;
      throw lightError('divergence', message, { height, commonHeight: divergence.commonHeight });
    }
    this.#witnesses = witnesses.filter((_, index) => heard[index]?.kind !== 'faulty');
    if (heard.some(({ kind }) => kind === 'agrees')) return;
    const reasons = heard.flatMap((testimony) => ('error' in testimony ? [testimony.error.message] : []));
    const message = `none of ${witnesses.length} witnesses confirms the header: ${reasons.join('; ')}`;
    throw lightError('no-agreeing-witness', message, { witnesses: witnesses.map(({ name }) => name) });
  }
}
