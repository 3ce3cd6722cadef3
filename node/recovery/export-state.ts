import { createDraft, readDraft, type GenesisDocument } from '#genesis';
import { formatAddress, parseAddress, toHex } from '#kernel';
import { systemScheduler } from '#runtime';
import { createLedger, PastEngine, readAccounts, type Ledger } from '#services/blockchain';
import { readGenesisFile } from '../genesis/genesis-file.ts';
import { homeError } from '../home/errors.ts';
import { openChain, withHome, type HomeOptions, type OpenedHome } from './open-home.ts';

export interface ExportRequest {
  /** Height after which the state is taken; the last one when undefined. */
  readonly height: number | undefined;
  /** Of the new chain. */
  readonly chainId: string;
  /** Unix milliseconds at which the new chain begins. */
  readonly timeMs: number;
}

export interface ExportedState {
  readonly document: GenesisDocument;
  readonly height: number;
  readonly stateRoot: string;
  /** Who operated with which stake: they declare themselves anew. */
  readonly stakes: readonly { readonly operator: string; readonly name: string; readonly stake: string }[];
  /** What is not carried over. */
  readonly notes: readonly string[];
}

/**
 * The state after a retained height as the draft of a genesis. Balances carry over, each operator's with its stake in
 * it; heights go on. Declarations do not: each is signed for its chain, so founders declare anew to the draft.
 *
 * @throws as `withHome`; `home.same-chain`, `blockchain.height-not-retained`, `blockchain.future-height`
 */
export function exportState(options: HomeOptions, request: ExportRequest): Promise<ExportedState> {
  return withHome(options, async (home) => {
    const { identity } = home.genesis;
    if (request.chainId === identity.chainId) {
      throw homeError(
        'same-chain',
        `the new chain needs another id than ${identity.chainId}: two chains of one id cannot be told apart`,
        { chainId: identity.chainId },
      );
    }
    const { ledger, engine, height } = await ledgerAt(home, request.height);
    const accounts: { address: string; balance: bigint }[] = [];
    const stakes = (await ledger.validators()).filter(({ stake }) => stake > 0n);
    const staked = new Map<string, bigint>();
    for await (const { account, amount } of ledger.stake().holdings())
      staked.set(toHex(account), (staked.get(toHex(account)) ?? 0n) + amount);
    for await (const { address, account } of readAccounts(engine)) {
      const id = toHex(address);
      const balance = account.balance + (staked.get(id) ?? 0n);
      staked.delete(id);
      if (balance > 0n) accounts.push({ address: formatAddress(address), balance });
    }
    for (const [id, balance] of staked)
      accounts.push({ address: formatAddress(Buffer.from(id, 'hex')), balance });
    accounts.sort((a, b) => (a.address < b.address ? -1 : 1));
    const supply = await ledger.supply();
    const exported = accounts.reduce((sum, { balance }) => sum + balance, 0n);
    return {
      document: await documentOf(home, ledger, { ...request, height, accounts }),
      height,
      stateRoot: toHex(ledger.tip().stateRoot),
      stakes: stakes.map(({ operator, name, stake }) => {
        return { operator: formatAddress(operator), name, stake: stake.toString() };
      }),
      notes: notesOf(supply.total - exported, stakes.length),
    };
  });
}

/** The ledger as it was after a height. */
async function ledgerAt(home: OpenedHome, asked: number | undefined) {
  const { chain, ledger: current } = await openChain(home);
  const height = asked ?? chain.tip().height;
  // Refuses heights that are not retained, or not final.
  await current.prove(new Uint8Array(1), height);
  const isTip = height === chain.tip().height;
  const receiptRoot = isTip ? current.tip().receiptRoot : (await chain.header(height + 1))?.receiptRoot;
  const engine = new PastEngine(home.engine);
  await engine.moveTo(height, receiptRoot ?? new Uint8Array(32));
  const { identity } = home.genesis;
  const ledger: Ledger = createLedger({ identity, engine, retainedHeights: height })({
    scheduler: systemScheduler,
  });
  await ledger.open(async () => {
    throw homeError('no-chain', 'the state has no tip');
  });
  return { ledger, engine, height };
}

async function documentOf(
  { genesis }: OpenedHome,
  ledger: Ledger,
  {
    chainId,
    timeMs,
    height,
    accounts,
  }: ExportRequest & { height: number; accounts: readonly { address: string; balance: bigint }[] },
): Promise<GenesisDocument> {
  const { parameters, staking, consensus } = ledger.tip();
  const named = (section: string, values: object): [string, string][] =>
    Object.entries(values).map(([member, value]) => [`${section}.${member}`, String(value)]);
  // What the state does not know: the denomination, and what people call an account.
  const first = readDraft(await readGenesisFile(genesis.file));
  const labels = new Map(first.accounts.map(({ address, label }) => [toHex(parseAddress(address)), label]));
  const { symbol, decimals } = first.ledger.denomination;
  const entries = Object.fromEntries([
    ...named('ledger', parameters),
    ...named('staking', staking),
    ...named('consensus', consensus),
  ]);
  const draft = createDraft({ chainId, timeMs, symbol, decimals, parameters: entries });
  return {
    ...draft,
    initialHeight: String(height + 1),
    totalSupply: accounts.reduce((sum, { balance }) => sum + balance, 0n).toString(),
    accounts: accounts.map(({ address, balance }) => {
      const label = labels.get(toHex(parseAddress(address)));
      return { address, balance: balance.toString(), ...(label !== undefined && { label }) };
    }),
  };
}

function notesOf(pools: bigint, validators: number): string[] {
  return [
    `left out: the declarations of ${validators} validators, which are signed for the old chain; stakes, what is unbonding and rewards are in the balances of those who own them, and each validator declares anew: node0 genesis declare`,
    'left out: nonces and attestations; a transaction of the old chain is none of the new one',
    ...(pools > 0n
      ? [`left out: the fee pool and the community pool, ${pools} together: the supply is smaller by so much`]
      : []),
  ];
}
