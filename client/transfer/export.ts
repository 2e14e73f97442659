import { Option } from 'clipanion';
import { VerbCommand } from '../command.js';
import type { ExportParameters, Result } from '../connect/contract.js';
import { reasonOf, UserError } from '../failure.js';
import { checkImageName, isStandardStream } from '../names.js';
import { formatBytes } from '../output/units.js';
import type { Session } from '../session.js';
import { compressionOf } from './compression.js';
import { type ExportTarget, openTarget } from './export-target.js';
import { follow } from './follow.js';
import { attemptOn } from './image-verb.js';
import { present } from './parameters.js';
import { writeJson } from './report.js';

/** Exports an image to a descriptor: export-tar and export-raw. */
export abstract class ExportCommand extends VerbCommand {
  readonly imageName = Option.String();
  readonly file = Option.String({ required: false });
  protected abstract readonly imageFormat: 'tar' | 'raw';

  override async perform(session: Session): Promise<number> {
    const parameters = this.#parameters(session);
    const file = isStandardStream(this.file) ? undefined : this.file;
    if (file === undefined) refuseTerminal(session);
    const connection = await session.connect();
    await using target = file === undefined ? standardOutput(session) : await openTarget(file);
    const subject = `export image '${this.imageName}'`;
    const replies = connection.transfer.exportMore(parameters, { descriptors: [target.fd] });
    const result = await attemptOn(subject, connection, parameters, () =>
      follow(session, { subject, detachable: false, replies, connection }),
    );
    if (result === undefined) return 1;
    await commit(target, file);
    report(session, result, this.imageName, file);
    return 0;
  }

  #parameters(session: Session): ExportParameters {
    const { settings } = session;
    const compression = settings.format ?? compressionOf(this.file ?? '');
    return {
      format: this.imageFormat,
      class: session.imageClass,
      name: checkImageName(this.imageName),
      fileDescriptor: 0,
      ...present({ compression, imageRoot: settings.imageRoot }),
      allowInteractiveAuthentication: session.allowInteractiveAuthentication,
    };
  }
}

function refuseTerminal(session: Session): void {
  if (!session.surroundings.stdout.isTerminal) return;
  throw new UserError('Refusing to write an image to a terminal: give a FILE, or redirect standard output.');
}

function standardOutput(session: Session): ExportTarget {
  const { fd } = session.surroundings.stdout;
  return { fd, commit: async () => {}, [Symbol.asyncDispose]: async () => {} };
}

async function commit(target: ExportTarget, file: string | undefined): Promise<void> {
  try {
    await target.commit();
  } catch (error) {
    throw new UserError(`Cannot complete '${file}': ${reasonOf(error)}.`);
  }
}

/** Standard output carries the image when there is no file: then nothing else may go there. */
function report(session: Session, result: Result, name: string, file: string | undefined): void {
  const size = formatBytes(result.bytes);
  if (!session.settings.quiet)
    session.log.notice(`Image ${name} is exported to ${file ?? 'standard output'} (${size}).`);
  if (file !== undefined) writeJson(session, result);
}
