import { Option } from 'clipanion';
import { VerbCommand } from '../command.js';
import type { ImportParameters } from '../connect/contract.js';
import { importName, type NameForm } from '../names.js';
import type { Session } from '../session.js';
import { follow } from './follow.js';
import { type ImportSource, openSource } from './import-source.js';
import { present } from './parameters.js';
import { importedMessage, writeJson } from './report.js';

/** Imports an image from a descriptor: import-tar, import-raw and import-fs. */
export abstract class ImportCommand extends VerbCommand {
  readonly file = Option.String();
  readonly localName = Option.String({ required: false });
  protected abstract readonly imageFormat: NameForm;

  override async perform(session: Session): Promise<number> {
    const imageClass = session.imageClass;
    const name = importName(this.file, this.localName, this.imageFormat);
    await using source = await openSource(session, this.file, this.imageFormat);
    const connection = await session.connect();
    const parameters = { ...this.#parameters(session, source), class: imageClass, name };
    const result = await follow(session, {
      subject: `import image '${name}'`,
      detachable: source.independent,
      replies: connection.transfer.importMore(parameters, { descriptors: [source.fd] }),
      connection,
    });
    if (result === undefined) return 1;
    if (!session.settings.quiet) session.log.notice(importedMessage(result, name));
    writeJson(session, result);
    return 0;
  }

  #parameters(session: Session, source: ImportSource): Omit<ImportParameters, 'class' | 'name'> {
    const { settings } = session;
    return {
      format: this.imageFormat,
      fileDescriptor: 0,
      ...present({
        bytesTotal: source.bytesTotal,
        force: settings.force || undefined,
        readOnly: settings.readOnly || undefined,
        imageRoot: settings.imageRoot,
        sizeMax: settings.sizeMax,
        strict: settings.strict || undefined,
      }),
      allowInteractiveAuthentication: session.allowInteractiveAuthentication,
    };
  }
}
