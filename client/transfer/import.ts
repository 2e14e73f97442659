import { Option } from 'clipanion';
import { VerbCommand, type VerbCommandClass } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { ImportParameters, Result } from '../connect/contract.js';
import { importName, type NameForm } from '../names.js';
import { follow } from './follow.js';
import { type ImportSource, openSource } from './import-source.js';
import { present } from './parameters.js';
import { reportImported } from './report.js';

/** Imports an image from a descriptor: import-tar, import-raw, import-fs and import-oci. */
abstract class ImportCommand extends VerbCommand {
  readonly file = Option.String();
  readonly localName = Option.String({ required: false });
  protected abstract readonly imageFormat: NameForm;

  override async perform(session: Session): Promise<number> {
    const imageClass = session.imageClass;
    const name = importName(this.file, this.localName, this.imageFormat);
    await using source = await openSource(session, this.file, this.imageFormat);
    const connection = await session.connectForChange();
    const parameters = { ...this.#parameters(session, source), class: imageClass, name };
    // The layout of an OCI image comes as an archive, wherever it goes.
    const isPushed = connection.route.isLocal && !(source.isDirectory && this.imageFormat === 'oci');
    const result = isPushed
      ? await push(session, connection, parameters, source)
      : await send(session, connection, parameters, source);
    reportImported(session, connection, result, name);
    return 0;
  }

  #parameters(session: Session, source: ImportSource): Omit<ImportParameters, 'class' | 'name'> {
    const { settings } = session;
    return {
      format: this.imageFormat,
      ...present({
        bytesTotal: source.bytesTotal,
        force: settings.force || undefined,
        readOnly: settings.readOnly || undefined,
        imageRoot: settings.imageRoot,
        sizeMax: settings.sizeMax,
        strict: settings.strict || undefined,
        ...(this.imageFormat === 'oci' && { tag: settings.tag, layout: settings.layout, platform: settings.platform }),
      }),
      allowInteractiveAuthentication: session.allowInteractiveAuthentication,
    };
  }
}

/** The command of import-tar, import-raw, import-fs and import-oci. */
export function importCommand(imageFormat: NameForm): VerbCommandClass {
  return class extends ImportCommand {
    protected override readonly imageFormat = imageFormat;
  };
}

/** Hands the descriptor over: the service reads it itself. */
async function push(
  session: Session,
  connection: ServiceConnection,
  parameters: ImportParameters,
  source: ImportSource,
): Promise<Result> {
  return await follow(session, {
    subject: `import image '${parameters.name}'`,
    detachable: source.independent,
    replies: connection.transfer.importMore({ ...parameters, fileDescriptor: 0 }, { descriptors: [source.descriptor] }),
    connection,
  });
}

/** Sends the bytes to where descriptors do not reach. */
async function send(
  session: Session,
  connection: ServiceConnection,
  parameters: ImportParameters,
  source: ImportSource,
): Promise<Result> {
  const { upload } = await import('./upload.js');
  if (!source.isDirectory) {
    const { readSource } = await import('./reader.js');
    return await upload(session, connection, parameters, readSource(source));
  }
  const { packDirectory } = await import('./pack.js');
  const isLayout = parameters.format === 'oci';
  const packed = packDirectory(source, session.context, { sparse: !isLayout });
  return await upload(session, connection, isLayout ? parameters : { ...parameters, format: 'tar' }, packed);
}
