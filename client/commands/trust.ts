import { Option } from 'clipanion';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import { readAction } from '../trust/actions.js';

/** Shows and chooses whose keys are trusted for which URLs. */
export default class Trust extends VerbCommand {
  readonly action = Option.String();
  readonly parameters = Option.Rest();

  override async perform(session: Session): Promise<number> {
    const options = this.context.options.map(({ name }) => name);
    const action = readAction(this.action, this.parameters, options);
    const [url = '', key = ''] = this.parameters;
    if (action === 'add') {
      const { addTrust } = await import('../trust/add.js');
      return await addTrust(session, url, key);
    }
    const { checkTrust, listTrust, showTrust } = await import('../trust/show.js');
    if (action === 'show') return await showTrust(session, url);
    return action === 'check' ? await checkTrust(session) : await listTrust(session);
  }
}
