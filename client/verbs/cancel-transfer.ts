import { Option } from 'clipanion';
import { VerbCommand } from '../command.js';
import { attempt } from '../connect/describe.js';
import type { Session } from '../session.js';
import { forEach } from '../transfer/for-each.js';
import { writeJson } from '../transfer/report.js';
import { parseTransferId } from '../values.js';

export default class CancelTransfer extends VerbCommand {
  static override paths = [['cancel-transfer']];
  readonly ids = Option.Rest({ required: 1 });

  override async perform(session: Session): Promise<number> {
    const ids = this.ids.map(parseTransferId);
    const connection = await session.connectForChange();
    const { allowInteractiveAuthentication } = session;
    const cancelled: { id: number }[] = [];
    const status = await forEach(session, ids, async (id) => {
      await attempt(`cancel transfer ${id}`, () => connection.transfer.cancel({ id, allowInteractiveAuthentication }));
      cancelled.push({ id });
      session.log.info(`Transfer ${id} cancelled.`);
    });
    writeJson(session, cancelled);
    return status;
  }
}
