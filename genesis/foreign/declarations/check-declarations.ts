import { equalBytes, utf8 } from '#kernel';
import { pointer, type Findings } from '../../report/findings.ts';
import type { SignatureCounts } from '../../report/report.ts';
import { formatForeignAddress, PrefixCheck, readAddress, type ForeignAddress } from '../addresses.ts';
import { checkCommission } from '../check-commission.ts';
import { addressOfForeignKey, type ForeignKey } from '../keys.ts';
import { formatDecimal, readDecimal, readUint64 } from '../numbers.ts';
import { balanceOf, type Accounts } from '../read-accounts.ts';
import { at, listAt } from '../shape.ts';
import type { ValidatorRegistry } from '../validator-registry.ts';
import type { CreateValidator, Declaration, DescriptionMember, Placed } from './declaration.ts';
import { isAminoTransaction, readAmino } from './read-amino.ts';
import { isProtobufTransaction, readProtobuf } from './read-protobuf.ts';
import { FormReader } from './form-reader.ts';
import { verifySignature } from './verify.ts';

/** Signatures of genesis transactions that are checked: each takes about a millisecond. */
const SIGNATURES_CHECKED_MAX = 10_000;

/** Bytes of a description's texts that the staking module takes. */
const TEXT_BYTES = {
  moniker: 70,
  identity: 3_000,
  website: 140,
  security_contact: 140,
  details: 280,
} as const satisfies Readonly<Record<DescriptionMember, number>>;

const PLACES = [
  ['app_state', 'gentxs'],
  ['app_state', 'genutil', 'gentxs'],
  ['app_state', 'genutil', 'gen_txs'],
] as const;

/** A validator that a genesis transaction declares. */
export interface DeclaredValidator {
  readonly path: string;
  readonly name: string;
  /** Text of its operator's address; empty where it is none. */
  readonly operator: string;
  readonly stake: bigint;
}

export interface DeclarationContext {
  readonly document: unknown;
  readonly chainId: string;
  readonly accounts: Accounts;
  /** Addresses of the auth module; undefined where it lists none. */
  readonly listed: ReadonlySet<string> | undefined;
  /** The bond denomination. */
  readonly denomination: string;
  readonly registry: ValidatorRegistry;
  readonly findings: Findings;
}

/** Reads the genesis transactions of a file, and checks each by everything that its chain would check. */
export function checkDeclarations(context: DeclarationContext): {
  declared: readonly DeclaredValidator[];
  signatures: SignatureCounts;
} {
  const declared: DeclaredValidator[] = [];
  const counts = { valid: 0, invalid: 0, uncheckable: 0 };
  const prefixes = new PrefixCheck();
  for (const place of PLACES) {
    const base = place.reduce<string>((path, step) => pointer(path, step), '');
    for (const [i, transaction] of listAt(context.document, ...place).entries()) {
      const path = pointer(base, i);
      const declaration = readTransaction(transaction, path, context);
      const { delegator, operator } = checkParties(declaration, prefixes, context);
      const checks = counts.valid + counts.invalid;
      counts[checkSignature(declaration, delegator, checks, context)]++;
      checkTexts(declaration, context);
      const { message } = declaration;
      if (message === undefined) continue;
      checkMessage(message, { delegator, operator }, declaration.obstacles.length === 0, context);
      declared.push({
        path,
        name: message.description.moniker?.value ?? '',
        operator: operator?.text ?? '',
        stake: message.delegation?.value.amount ?? 0n,
      });
    }
  }
  const { prefix } = context.accounts;
  const standard = `${prefix ?? ''}valoper`;
  prefixes.report(context.findings, 'other operators', prefixes.has(standard) ? standard : undefined);
  return { declared, signatures: counts };
}

function readTransaction(
  transaction: unknown,
  path: string,
  { chainId, findings }: DeclarationContext,
): Declaration {
  if (isProtobufTransaction(transaction)) return readProtobuf(transaction, path, chainId, findings);
  if (isAminoTransaction(transaction)) return readAmino(transaction, path, chainId, findings);
  new FormReader(findings).fault(path, 'there is no create-validator message in it');
  return {
    path,
    message: undefined,
    memo: undefined,
    signed: undefined,
    signerKey: undefined,
    isFaulty: true,
    obstacles: [],
  };
}

interface Parties {
  readonly delegator: ForeignAddress | undefined;
  readonly operator: ForeignAddress | undefined;
}

/** Delegator, operator and signer are one account under two prefixes. */
function checkParties(
  { message, signerKey }: Declaration,
  operatorPrefixes: PrefixCheck,
  { accounts, findings }: DeclarationContext,
): Parties {
  const read = (text: Placed<string> | undefined): ForeignAddress | undefined =>
    text === undefined || text.value === '' ? undefined : readAddress(text.value, () => text.path, findings);
  const operator = read(message?.operator);
  const stated = read(message?.delegator);
  if (operator !== undefined) operatorPrefixes.add(operator.prefix, () => message?.operator?.path ?? '');
  if (stated !== undefined && accounts.prefix !== undefined && stated.prefix !== accounts.prefix)
    findings.add(
      'foreign.address',
      message?.delegator?.path ?? '',
      `the prefix is ${stated.prefix.slice(0, 40)}; the accounts have ${accounts.prefix.slice(0, 40)}`,
    );
  if (stated !== undefined && operator !== undefined && !equalBytes(stated.bytes, operator.bytes))
    findings.add(
      'foreign.signer',
      message?.operator?.path ?? '',
      `the operator is another account than the delegator ${stated.text}`,
    );
  // Since SDK 0.50 the delegator may be left out: it is the operator.
  const prefix = accounts.prefix ?? operator?.prefix ?? '';
  const delegator =
    stated ??
    (operator && { prefix, bytes: operator.bytes, text: formatForeignAddress(prefix, operator.bytes) });
  if (signerKey !== undefined && delegator !== undefined) checkSigner(signerKey, delegator, findings);
  return { delegator, operator };
}

function checkSigner(key: Placed<ForeignKey>, delegator: ForeignAddress, findings: Findings): void {
  const derived = addressOfForeignKey(key.value);
  if (derived === undefined || equalBytes(derived, delegator.bytes)) return;
  findings.add(
    'foreign.signer',
    key.path,
    `the key belongs to ${formatForeignAddress(delegator.prefix, derived)}; the delegator is ${delegator.text}`,
  );
}

/** Judges the signature of one transaction; what keeps it from being checked is said with its place. */
function checkSignature(
  { path, signed, signerKey, isFaulty, obstacles }: Declaration,
  delegator: ForeignAddress | undefined,
  checks: number,
  { findings }: DeclarationContext,
): keyof SignatureCounts {
  for (const obstacle of obstacles.slice(0, OBSTACLES_SHOWN))
    findings.add('foreign.signature-uncheckable', obstacle.path, obstacle.reason);
  if (obstacles.length > 0) return 'uncheckable';
  // What is wrong with its form was said where it was read.
  if (isFaulty || signed === undefined) return 'invalid';
  if (checks >= SIGNATURES_CHECKED_MAX) {
    findings.add(
      'foreign.signature-uncheckable',
      path,
      `only the first ${SIGNATURES_CHECKED_MAX} signatures are checked`,
    );
    return 'uncheckable';
  }
  const verdict = verifySignature(signed);
  if (verdict === 'uncheckable') {
    findings.add(
      'foreign.signature-uncheckable',
      signerKey?.path ?? path,
      `how keys of the type ${signed.key.kind} sign this is not known here`,
    );
    return verdict;
  }
  if (verdict === 'malleable')
    findings.add('foreign.signature-malleable', signed.path, 'S is in the upper half of its range');
  if (verdict === 'invalid')
    findings.add('foreign.signature', signed.path, 'the key did not sign this transaction for this chain id');
  const derived = addressOfForeignKey(signed.key);
  const isOwn = derived === undefined || delegator === undefined || equalBytes(derived, delegator.bytes);
  return verdict === 'valid' && isOwn ? 'valid' : 'invalid';
}

const OBSTACLES_SHOWN = 8;

/** Lengths that the ante handler and the staking module look at. */
function checkTexts(
  { path, message, memo, signerKey, obstacles }: Declaration,
  { document, findings }: DeclarationContext,
): void {
  const parameters = at(document, 'app_state', 'auth', 'params');
  const memoMax = readUint64(at(parameters, 'max_memo_characters'));
  const memoBytes = memo === undefined ? 0n : BigInt(utf8(memo.value).length);
  if (memo !== undefined && memoMax !== undefined && memoBytes > memoMax)
    findings.add(
      'foreign.memo',
      memo.path,
      `the memo has ${memoBytes} characters; at most ${memoMax} are accepted`,
    );
  const keysMax = readUint64(at(parameters, 'tx_sig_limit'));
  const keys = signerKey === undefined ? 0 : countKeys(signerKey.value);
  if (signerKey !== undefined && keysMax !== undefined && BigInt(keys) > keysMax)
    findings.add(
      'foreign.signers',
      signerKey.path,
      `there are ${keys} keys; at most ${keysMax} are accepted`,
    );
  for (const [name, max] of Object.entries(TEXT_BYTES) as [DescriptionMember, number][]) {
    const text = message?.description[name];
    const bytes = text === undefined ? 0 : utf8(text.value).length;
    if (text !== undefined && bytes > max)
      findings.add(
        'foreign.description',
        text.path,
        `the ${name} has ${bytes} bytes; at most ${max} are accepted`,
      );
  }
  const isKnown = obstacles.length === 0;
  if (message !== undefined && (message.description.moniker?.value ?? (isKnown ? '' : '?')) === '')
    findings.add(
      'foreign.description',
      `${message.path || path}/description/moniker`,
      'the validator has no name',
    );
}

function countKeys(key: ForeignKey): number {
  return key.kind === 'multisig' ? key.keys.reduce((sum, member) => sum + countKeys(member), 0) : 1;
}

function checkMessage(
  message: CreateValidator,
  { delegator, operator }: Parties,
  isKnown: boolean,
  context: DeclarationContext,
): void {
  const { document, registry, findings } = context;
  checkCommission(message.commission, findings);
  const { rate } = message.commission;
  const leastRate = readDecimal(at(document, 'app_state', 'staking', 'params', 'min_commission_rate'));
  if (rate !== undefined && leastRate !== undefined && rate.value < leastRate)
    findings.add(
      'foreign.commission',
      rate.path,
      `the parameters ask for ${formatDecimal(leastRate)} at least`,
    );
  if (operator !== undefined) registry.operator(operator.text, message.operator?.path ?? message.path);
  if (message.consensusKey !== undefined) registry.key(message.consensusKey.value, message.consensusKey.path);
  const { moniker } = message.description;
  if (moniker !== undefined) registry.name(moniker.value, moniker.path);
  // Where a fork keeps its delegation is not known.
  if (isKnown || message.delegation !== undefined) checkDelegation(message, delegator, context);
}

function checkDelegation(
  { path, delegation, minSelfDelegation: least }: CreateValidator,
  delegator: ForeignAddress | undefined,
  { accounts, listed, denomination, findings }: DeclarationContext,
): void {
  if (delegation === undefined || delegation.value.amount === 0n) {
    findings.add(
      'foreign.genesis-transaction',
      delegation?.path ?? path,
      'there is no positive delegation in it',
    );
    return;
  }
  const { denom, amount } = delegation.value;
  if (least?.value === 0n)
    findings.add('foreign.no-self-delegation', least.path, 'the validator may withdraw all of its own stake');
  if (least !== undefined && least.value > amount)
    findings.add(
      'foreign.min-self-delegation',
      least.path,
      `the least self-delegation is ${least.value}; ${amount} are delegated`,
    );
  if (denom !== denomination) {
    findings.add(
      'foreign.stake-denomination',
      pointer(delegation.path, 'denom'),
      `the delegation is in ${denom.slice(0, 60)}; the bond denomination is ${denomination.slice(0, 60)}`,
    );
    return;
  }
  if (delegator === undefined) return;
  if (listed !== undefined && !listed.has(delegator.text))
    findings.add('foreign.no-account', delegation.path, `${delegator.text} is not among the accounts`);
  const held = balanceOf(accounts.byText.get(delegator.text), denom);
  if (amount > held)
    findings.add(
      'foreign.self-delegation',
      pointer(delegation.path, 'amount'),
      `${delegator.text} delegates ${amount}; its account holds ${held}`,
    );
}
