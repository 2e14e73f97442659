import { Option } from 'clipanion';
import { VerbCommand } from '../cli/command.js';
import { UsageError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { PullOciParameters } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import { readKeyring } from '../keyring.js';
import { checkNewName } from '../names.js';
import { follow } from '../transfer/follow.js';
import { present } from '../transfer/parameters.js';
import { reportPulled } from '../transfer/report.js';
import { credentialsFor } from './credentials.js';

/** Downloads a container image from a registry. */
export default class PullOci extends VerbCommand {
  readonly reference = Option.String();
  readonly localName = Option.String({ required: false });

  override async perform(session: Session): Promise<number> {
    const parameters = await this.#parameters(session);
    const connection = await session.connectForChange();
    const credentials = await this.#credentials(session, connection);
    const request = { ...parameters, ...(credentials.length > 0 && { credentials }) };
    if (session.settings.dryRun) {
      const { showOciPlan } = await import('./plan.js');
      return await showOciPlan(session, connection, request);
    }
    const result = await follow(session, {
      subject: 'pull the image',
      detachable: true,
      replies: connection.transfer.pullOciMore(request),
      connection,
    });
    reportPulled(session, connection, result);
    return 0;
  }

  /** The service says which registries it is going to ask; only their logins are read and sent. */
  async #credentials(session: Session, connection: ServiceConnection) {
    const { reference } = this;
    const { locations } = await attempt('pull the image', () => connection.transfer.resolveReference({ reference }));
    return await credentialsFor(locations, session);
  }

  async #parameters(session: Session): Promise<PullOciParameters> {
    const { settings, context } = session;
    if (this.localName === '-')
      throw new UsageError("Cannot pull layers alone: give the image a name, or leave out '-'");
    const keyrings = await Promise.all(settings.keyring.map((path) => readKeyring(path)));
    return {
      reference: this.reference,
      class: session.imageClass,
      ...(keyrings.length > 0 ? { keyrings } : {}),
      ...present({
        name: this.localName ? checkNewName(this.localName) : undefined,
        layout: settings.layout ?? (context.programName === 'importctl' ? ('mstack' as const) : undefined),
        platform: settings.platform,
        verify: settings.verify,
        force: settings.force || undefined,
        readOnly: settings.readOnly || undefined,
        imageRoot: settings.imageRoot,
        sizeMax: settings.sizeMax,
        limitRate: settings.limitRate,
        resume: settings.resume ? undefined : false,
        strict: settings.strict || undefined,
      }),
      allowInteractiveAuthentication: session.allowInteractiveAuthentication,
    };
  }
}
