import { Option } from 'clipanion';
import { readArtefactUrl } from '../../common/url.js';
import { VerbCommand, type VerbCommandClass } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { PullParameters } from '../connect/contract.js';
import { readKeyring } from '../keyring.js';
import { checkChecksumFile, checkLocation, pullName } from '../names.js';
import { follow } from './follow.js';
import { present } from './parameters.js';
import { reportPulled } from './report.js';

/** Downloads an image: pull-tar and pull-raw. */
abstract class PullCommand extends VerbCommand {
  readonly url = Option.String();
  readonly localName = Option.String({ required: false });
  protected abstract readonly imageFormat: 'tar' | 'raw';

  override async perform(session: Session): Promise<number> {
    const parameters = await this.#parameters(session);
    if (session.settings.dryRun) {
      const { showPlan } = await import('./plan.js');
      return await showPlan(session, parameters);
    }
    const connection = await session.connectForChange();
    const result = await follow(session, {
      subject: 'pull the image',
      detachable: true,
      replies: connection.transfer.pullMore(parameters),
      connection,
    });
    reportPulled(session, connection, result);
    return 0;
  }

  /** Most pulls are from URLs, and need nothing of this. */
  async #artefact(session: Session) {
    const { platform, authfile } = session.settings;
    if (readArtefactUrl(this.url) === undefined && platform === undefined && authfile === undefined) return undefined;
    const { artefactParameters } = await import('../registry/artefact.js');
    return await artefactParameters(this.url, session);
  }

  async #parameters(session: Session): Promise<PullParameters> {
    const { settings } = session;
    const imageClass = session.imageClass;
    const artefact = await this.#artefact(session);
    const { url, digest } =
      artefact === undefined
        ? checkLocation(this.url, this.imageFormat, settings.digest)
        : { url: this.url, digest: undefined };
    const { checksumFile } = settings;
    if (checksumFile !== undefined) checkChecksumFile(checksumFile, url);
    const keyrings = await Promise.all(settings.keyring.map((path) => readKeyring(path)));
    return {
      url,
      format: this.imageFormat,
      class: imageClass,
      ...artefact,
      ...pullName(this.localName, this.imageFormat),
      ...(keyrings.length > 0 ? { keyrings } : {}),
      ...present({
        verify: settings.verify,
        digest,
        checksumFile,
        force: settings.force || undefined,
        readOnly: settings.readOnly || undefined,
        keepDownload: settings.keepDownload,
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

/** The command of pull-tar and pull-raw. */
export function pullCommand(imageFormat: 'tar' | 'raw'): VerbCommandClass {
  return class extends PullCommand {
    protected override readonly imageFormat = imageFormat;
  };
}
