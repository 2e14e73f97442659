import { Option } from 'clipanion';
import { formatBytes } from '../../common/sizes.js';
import { compressionOf } from '../../common/suffixes.js';
import { VerbCommand, type VerbCommandClass } from '../cli/command.js';
import { fileFault, UsageError, UserError, writeReasonOf } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import type { Compression } from '../cli/values.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { ExportFormat, ExportParameters, Result } from '../connect/contract.js';
import { checkImageName, isStandardStream } from '../names.js';
import { foreignFormat } from './compression.js';
import { type ExportTarget, openTarget } from './export-target.js';
import { follow } from './follow.js';
import { attemptOn } from './image-verb.js';
import { present } from './parameters.js';
import { writeJson } from './report.js';

/** Exports an image to a descriptor: export-tar, export-raw and export-oci. */
abstract class ExportCommand extends VerbCommand {
  readonly imageName = Option.String();
  readonly file = Option.String({ required: false });
  protected abstract readonly imageFormat: ExportFormat;

  override async perform(session: Session): Promise<number> {
    const parameters = this.#parameters(session);
    const file = isStandardStream(this.file) ? undefined : this.file;
    if (file === undefined) refuseTerminal(session);
    else if (session.settings.format === undefined || this.imageFormat === 'oci')
      checkSuffix(session, file, this.imageFormat);
    const connection = await session.connectForChange();
    await using target = file === undefined ? standardOutput(session) : await openTarget(file);
    const subject = `export image '${this.imageName}'`;
    const result = await attemptOn(subject, connection, parameters, () =>
      connection.route.isLocal
        ? push(session, connection, parameters, target)
        : receive(session, connection, parameters, target),
    );
    await commit(target, file);
    report(session, result, this.imageName, file);
    return 0;
  }

  #parameters(session: Session): ExportParameters {
    const { settings } = session;
    if (this.imageFormat === 'oci') checkLayerFormat(settings.format);
    const compression = settings.format ?? (this.imageFormat === 'oci' ? undefined : compressionOf(this.file ?? ''));
    return {
      format: this.imageFormat,
      class: session.imageClass,
      name: checkImageName(this.imageName),
      ...present({ compression, imageRoot: settings.imageRoot }),
      allowInteractiveAuthentication: session.allowInteractiveAuthentication,
    };
  }
}

/** The command of export-tar, export-raw and export-oci. */
export function exportCommand(imageFormat: ExportFormat): VerbCommandClass {
  return class extends ExportCommand {
    protected override readonly imageFormat = imageFormat;
  };
}

/** Hands the descriptor over: the service writes to it itself. */
async function push(
  session: Session,
  connection: ServiceConnection,
  parameters: ExportParameters,
  { descriptor: fd }: ExportTarget,
): Promise<Result> {
  const replies = connection.transfer.exportMore({ ...parameters, fileDescriptor: 0 }, { descriptors: [fd] });
  const subject = `export image '${parameters.name}'`;
  return await follow(session, { subject, detachable: false, replies, connection });
}

/** Receives the bytes from where descriptors do not reach. */
async function receive(
  session: Session,
  connection: ServiceConnection,
  parameters: ExportParameters,
  target: ExportTarget,
): Promise<Result> {
  const { download } = await import('./download.js');
  return await download(session, connection, parameters, target);
}

/** importctl(1) writes an uncompressed file of that name. */
function checkSuffix({ context, log }: Session, file: string, format: ExportFormat): void {
  const problem = foreignFormat(file, format);
  if (problem === undefined) return;
  if (context.programName !== 'importctl') throw new UsageError(`Cannot export to '${file}': ${problem}`);
  log.warning(`The suffix of '${file}' is misleading: ${problem}`);
}

/** How the layers of OCI images can be compressed (OCI image specification, "Layer Media Types"). */
const layerFormats: readonly Compression[] = ['gzip', 'zstd', 'uncompressed'];

function checkLayerFormat(format: Compression | undefined): void {
  if (format === undefined || layerFormats.includes(format)) return;
  throw new UsageError(
    `Cannot use --format=${format} with export-oci: choose gzip, zstd or uncompressed, as OCI layers can be`,
  );
}

function refuseTerminal(session: Session): void {
  if (!session.context.stdout.isTerminal) return;
  throw new UsageError('Refusing to write an image to a terminal: give a FILE, or redirect standard output.');
}

function standardOutput(session: Session): ExportTarget {
  const { descriptor: fd } = session.context.stdout;
  return {
    descriptor: fd,
    path: 'standard output',
    isNew: false,
    commit: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

async function commit(target: ExportTarget, file: string | undefined): Promise<void> {
  try {
    await target.commit();
  } catch (error) {
    throw new UserError(
      `Cannot complete '${file}': ${writeReasonOf(error, target.descriptor)}.`,
      fileFault(error, file),
    );
  }
}

/** Standard output carries the image when there is no file: then nothing else may go there. */
function report(session: Session, result: Result, name: string, file: string | undefined): void {
  const { manifestDigest } = result;
  const facts = [formatBytes(result.bytes), ...(manifestDigest == null ? [] : [manifestDigest])].join(', ');
  if (!session.settings.quiet)
    session.log.success(`Image ${name} is exported to ${file ?? 'standard output'} (${facts}).`);
  if (file !== undefined) writeJson(session, result);
}
