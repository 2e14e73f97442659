import { Option } from 'clipanion';
import { VerbCommand } from '../cli/command.js';
import { UsageError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import { nearest } from '../cli/suggest.js';
import { readTransferId } from '../cli/values.js';
import type { Candidate } from '../complete/candidate.js';
import { candidates, transfers } from '../complete/candidates.js';
import type { ServiceConnection } from '../connect/connect.js';
import { attemptNamed } from '../connect/describe.js';
import { forEach } from '../transfer/for-each.js';
import { writeJson } from '../transfer/report.js';

export default class CancelTransfer extends VerbCommand {
  readonly ids = Option.Rest({ required: 1 });

  override async perform(session: Session): Promise<number> {
    const ids: number[] = [];
    for (const text of this.ids) ids.push(readTransferId(text) ?? (await refuse(session, text)));
    const connection = await session.connectForChange();
    const cancelled: { id: number }[] = [];
    const status = await forEach(session, ids, async (id) => {
      await cancel(session, connection, id);
      cancelled.push({ id });
      session.log.info(`Transfer ${id} cancelled.`);
    });
    writeJson(session, cancelled);
    return status;
  }
}

async function cancel(session: Session, connection: ServiceConnection, id: number): Promise<void> {
  const { allowInteractiveAuthentication } = session;
  await attemptNamed(
    `cancel transfer ${id}`,
    async () => suggestion(String(id), await transfers(connection, session)),
    () => connection.transfer.cancel({ id, allowInteractiveAuthentication }),
  );
}

/** No service is started to find out what may have been meant. */
async function refuse(session: Session, text: string): Promise<never> {
  const likely = suggestion(text, await candidates('transfers', session).catch(() => []));
  throw new UsageError(`'${text}' is not a transfer: expected a number as shown by list-transfers.${likely}`);
}

/** ` Did you mean 7 (pull-tar jammy)?`: one with nearly this number, or of an image of nearly this name. */
function suggestion(text: string, known: readonly Candidate[]): string {
  const number = nearest(
    text,
    known.map(({ word }) => word),
  );
  const name = nearest(text, known.map(imageOf));
  const meant = known.find(
    (candidate) => candidate.word === number || (name !== undefined && imageOf(candidate) === name),
  );
  return meant === undefined ? '' : ` Did you mean ${meant.word} (${meant.description})?`;
}

/** What is after the type. */
function imageOf({ description }: Candidate): string {
  return description.replace(/^\S+ ?/, '');
}
