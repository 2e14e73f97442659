import { Option } from 'clipanion';
import { formatBytes } from '../../common/sizes.js';
import { escapeText } from '../../varlink/text.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { PushedBlob, PushOciParameters, Result } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import { checkImageName } from '../names.js';
import { fieldLook, renderFields } from '../terminal/fields.js';
import { follow } from '../transfer/follow.js';
import { present } from '../transfer/parameters.js';
import { writeJson } from '../transfer/report.js';
import { credentialsFor } from './credentials.js';

/** How each fate is shown. */
const fates: Readonly<Record<PushedBlob['fate'], string>> = {
  present: 'there already',
  mounted: 'taken from another repository',
  sent: 'sent',
  missing: 'would be sent',
};

/** Pushes an image to a registry. */
export default class PushOci extends VerbCommand {
  readonly imageName = Option.String();
  readonly reference = Option.String();

  override async perform(session: Session): Promise<number> {
    const parameters = this.#parameters(session);
    const connection = await session.connectForChange();
    const credentials = await this.#credentials(session, connection);
    const request = { ...parameters, ...(credentials.length > 0 && { credentials }) };
    const result = await follow(session, {
      subject: `push image '${this.imageName}'`,
      detachable: true,
      replies: connection.transfer.pushOciMore(request),
      connection,
    });
    if (!session.settings.dryRun) report(session, this.imageName, this.reference, result);
    else if (session.settings.json === 'off') showPlan(session, this.reference, result);
    writeJson(session, result);
    return 0;
  }

  /** Mirrors, which come before the registry itself, are for pulls. */
  async #credentials(session: Session, connection: ServiceConnection) {
    const { reference } = this;
    const { locations } = await attempt('push the image', () => connection.transfer.resolveReference({ reference }));
    return await credentialsFor(locations.slice(-1), session);
  }

  #parameters(session: Session): PushOciParameters {
    const { settings } = session;
    return {
      name: checkImageName(this.imageName),
      class: session.imageClass,
      reference: this.reference,
      ...present({
        compression: settings.format,
        mountFrom: settings.mountFrom.length > 0 ? [...settings.mountFrom] : undefined,
        imageRoot: settings.imageRoot,
        limitRate: settings.limitRate,
        resume: settings.resume ? undefined : false,
        dryRun: settings.dryRun || undefined,
      }),
      allowInteractiveAuthentication: session.allowInteractiveAuthentication,
    };
  }
}

function report(session: Session, name: string, reference: string, result: Result): void {
  const { manifestDigest, bytes } = result;
  const isNothingNew = (result.blobs ?? []).every(({ fate }) => fate !== 'sent');
  const amount = isNothingNew ? 'the registry had all of it' : `${formatBytes(bytes)} sent`;
  if (!session.settings.quiet)
    session.log.success(`Image ${name} is pushed to ${reference} (${amount}, ${manifestDigest}).`);
}

function showPlan(session: Session, reference: string, result: Result): void {
  const blobs = result.blobs ?? [];
  const missing = blobs.filter(({ fate }) => fate === 'missing').reduce((sum, { bytes }) => sum + Number(bytes), 0);
  const fields = [
    { name: 'Reference', text: escapeText(reference) },
    { name: 'Manifest', text: result.manifestDigest ?? undefined },
    { name: 'Upload', text: missing === 0 ? 'nothing, the registry has all of it' : formatBytes(missing) },
    ...blobs.map(({ digest, bytes, mediaType, fate }) => ({
      name: 'Part',
      text: `${digest}, ${formatBytes(bytes)}, ${mediaType}, ${fates[fate]}`,
    })),
  ];
  session.context.stdout.write(renderFields(fields, fieldLook(session)));
}
