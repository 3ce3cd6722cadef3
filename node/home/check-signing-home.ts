import { greatestLoggedHeight, type LogDirectory } from '#services/consensus';
import { homeError } from './errors.ts';

/** File of the record of the last signature. */
const SIGN_RECORD = 'last-sign';

/**
 * Compares what a validator's home keeps in three places: the state, the consensus log and the record of the last
 * signature. A log of a height begins when the height before is final and on disk, and nothing is signed without a
 * record: where they disagree, a file was lost, and no crash does that.
 *
 * @param signer where the record of the last signature is; undefined where a signer of its own keeps key and record
 * @param tipHeight of the last final block that is stored
 * @throws `home.sign-record-missing`, `home.state-behind-log`
 */
export async function checkSigningHome(
  logs: LogDirectory,
  signer: LogDirectory | undefined,
  tipHeight: number,
): Promise<void> {
  const logged = await greatestLoggedHeight(logs);
  if (logged === undefined) return;
  if (signer !== undefined && !(await signer.list()).includes(SIGN_RECORD)) {
    throw homeError(
      'sign-record-missing',
      `data/signer/${SIGN_RECORD} is missing, and the consensus log says that this validator took part in height ${logged}: ` +
        'what it signed last is unknown. Put the file back; without it, start as an observer (consensus.key empty) until ' +
        `the others have finalised a height after ${logged}, then remove data/consensus`,
      { logged },
    );
  }
  if (logged > tipHeight + 1) {
    throw homeError(
      'state-behind-log',
      `the state ends at height ${tipHeight}, and the consensus log has height ${logged}: final blocks are lost, or the state ` +
        'is an older copy. Keep data/signer, remove data/state and data/consensus, and let the node fetch the blocks from its peers',
      { tip: tipHeight, logged },
    );
  }
}
