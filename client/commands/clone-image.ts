import { Option } from 'clipanion';
import type { Session } from '../cli/session.js';
import { checkNewName } from '../names.js';
import { attemptOn, ImageCommand } from '../transfer/image-verb.js';
import { writeJson } from '../transfer/report.js';

export default class CloneImage extends ImageCommand {
  readonly original = Option.String();
  readonly copy = Option.String();

  override async perform(session: Session): Promise<number> {
    const image = this.reference(session, this.original);
    const newName = checkNewName(this.copy);
    const { readOnly } = session.settings;
    const connection = await session.connectForChange();
    await attemptOn(`clone image '${image.name}'`, connection, image, () =>
      connection.image.clone({ ...image, newName, ...(readOnly ? { readOnly } : {}) }),
    );
    session.log.info(`Image ${newName} is a copy of ${image.name}.`);
    writeJson(session, { class: image.class, name: image.name, newName, readOnly });
    return 0;
  }
}
