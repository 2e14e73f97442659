import { bridgeInput, bridgeOutput, pump } from '../bridge.js';
import { VerbCommand } from '../cli/command.js';
import { UsageError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';

/** What --host= runs at the other end of ssh. */
export default class Bridge extends VerbCommand {
  override async perform(session: Session): Promise<number> {
    if (session.context.stdout.isTerminal) {
      throw new UsageError('Refusing to speak Varlink with a terminal: bridge is for programs, such as ssh.');
    }
    const { route, stream } = await session.reach();
    try {
      await pump(bridgeInput(), bridgeOutput(), stream);
      return 0;
    } finally {
      stream.destroy();
      route.close?.();
    }
  }
}
