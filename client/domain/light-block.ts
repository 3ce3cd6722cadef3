import { ADDRESS_BYTES, addressOfKey, equalBytes, err, isCodedError, ok, toHex, type Result } from '#kernel';
import { BLOCK_VERSION, ROUND_MAX, blockHash, type Commit, type Header } from '#services/block/portable';
import type { ChainIdentity } from '#services/transaction/portable';
import { makeValidatorSet, type ValidatorSet } from '#services/validator';
import { lightError } from '../errors.ts';
import type { LightBlock, LightValidator, TrustedState } from './types.ts';

const UNKNOWN_OPERATOR = new Uint8Array(ADDRESS_BYTES);

/**
 * The validator set of keys and powers, in its order and with its hash.
 *
 * @returns `light.wrong-validator-set` for what is no set: empty, a key twice, powers out of range
 */
export function lightValidatorSet(members: readonly LightValidator[]): Result<ValidatorSet> {
  try {
    const validators = members.map(({ publicKey, power }) => ({
      address: addressOfKey('ed25519', publicKey),
      publicKey,
      power,
      operator: UNKNOWN_OPERATOR,
      name: '',
    }));
    return ok(makeValidatorSet(validators));
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return err(lightError('wrong-validator-set', `the validators make no set: ${error.message}`));
  }
}

/**
 * LIGHT-1: a light block is one piece. The header is of this chain and version, the validators are those that it
 * names, and the commit is for it, with a place for each of them. Whether the signatures are valid is left open.
 */
export function makeLightBlock(
  parts: { header: Header; commit: Commit; validators: readonly LightValidator[] },
  identity: Pick<ChainIdentity, 'chainId'>,
): Result<LightBlock> {
  const { header, commit } = parts;
  const { height } = header;
  if (header.version !== BLOCK_VERSION || header.chainId !== identity.chainId) {
    const what = `the header of height ${height} is of chain ${header.chainId}, version ${header.version}`;
    return err(
      lightError('wrong-chain', `${what}; the chain is ${identity.chainId}, version ${BLOCK_VERSION}`),
    );
  }
  const set = lightValidatorSet(parts.validators);
  if (!set.ok) return set;
  if (!equalBytes(set.value.hash, header.validatorSetHash)) {
    const message = `the header of height ${height} names the set ${toHex(header.validatorSetHash)}, given is ${toHex(set.value.hash)}`;
    return err(lightError('wrong-validator-set', message, { height }));
  }
  const hash = hashOf(header);
  if (hash === undefined) {
    return err(lightError('malformed-answer', `the header of height ${height} has members out of range`));
  }
  if (commit.height !== height || !equalBytes(commit.blockHash, hash)) {
    const message = `the commit is for block ${toHex(commit.blockHash)} of height ${commit.height}, the header is ${toHex(hash)} of height ${height}`;
    return err(lightError('invalid-commit', message, { height }));
  }
  const { length } = set.value.validators;
  const isRound = Number.isInteger(commit.round) && commit.round >= 0 && commit.round <= ROUND_MAX;
  if (commit.signatures.length !== length || !isRound) {
    const message = `the commit of height ${height}, round ${commit.round} has ${commit.signatures.length} places for ${length} validators`;
    return err(lightError('invalid-commit', message, { height }));
  }
  return ok({ hash, header, commit, validators: set.value });
}

function hashOf(header: Header): Uint8Array | undefined {
  try {
    return blockHash(header);
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return undefined;
  }
}

/** A verified block as what later ones are verified against. */
export function stateOf({ hash, header, validators }: LightBlock): TrustedState {
  const { height, timeMs, nextValidatorSetHash } = header;
  return { height, timeMs, blockHash: hash, validators, nextValidatorSetHash };
}
