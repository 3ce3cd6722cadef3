import type { Command } from 'commander';
import { ApiClient } from '../../api-client.ts';
import { addHomeOption, addJsonOption, addNodeOption } from '../../options.ts';
import { Output } from '../../output.ts';
import { percentage } from '../../percentage.ts';
import { addressOf } from '../../staking/operation-options.ts';
import { readValidatorAnswer, type ValidatorAnswer } from '../../staking/read-facts.ts';

interface ShowOptions {
  home: string;
  node: string;
  json: boolean;
}

type Shown = ValidatorAnswer & {
  readonly address: string;
  readonly share: number;
  readonly decidedPower?: number;
  readonly reputation: number;
  readonly epoch: { readonly epoch: number; readonly votes: number; readonly missed: number };
};

/** `node0 validator show`: all that the ledger says of one. */
export function addShowCommand(validator: Command): void {
  addJsonOption(
    addHomeOption(
      addNodeOption(
        validator
          .command('show <address-or-name>')
          .description('a validator, by its operator, its consensus address, or a key of the home'),
      ),
    ),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  $ node0 validator show ADDRESS\n  $ node0 validator show operator --home node\n',
    )
    .action(async (nameOrAddress: string, options: ShowOptions) => {
      const address = await addressOf(nameOrAddress, options.home);
      const body = (await readValidatorAnswer(new ApiClient(options.node), address)) as Shown;
      new Output(options.json).result(body, describe(body));
    });
}

function describe(body: Shown): string {
  const { identity, commission, epoch } = body;
  const members: readonly (readonly [string, unknown])[] = [
    ...Object.entries(identity).filter(([, text]) => text !== ''),
    ['status', body.exiting ? `${body.status}, on its way out` : body.status],
    ['jailed until', body.jailedUntil ?? undefined],
    ['operator', body.operator],
    ['consensus address', body.address],
    ['consensus key', body.publicKey],
    ['next consensus key', body.nextPublicKey],
    ['voting power', `${body.power} (${percentage(body.share * 10_000)})`],
    ['decided power', body.decidedPower],
    ['stake', body.stake],
    ['self-stake', `${body.selfStake} (minimum ${body.minSelfStake})`],
    [
      'commission',
      `${percentage(commission.rate)} (at most ${percentage(commission.maxRate)}, changes by at most ${percentage(commission.maxDailyChange)} in a day)`,
    ],
    ['commission due', body.commissionDue],
    ['reputation', body.reputation],
    ['this epoch', `${epoch.votes - epoch.missed} of ${epoch.votes} votes (epoch ${epoch.epoch})`],
  ];
  const shown = members.filter(([, value]) => value !== undefined);
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown.map(([label, value]) => `${label.padEnd(width)}  ${String(value)}`).join('\n');
}
