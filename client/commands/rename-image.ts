import { Option } from 'clipanion';
import type { Session } from '../cli/session.js';
import { checkNewName } from '../names.js';
import { attemptOn, ImageCommand } from '../transfer/image-verb.js';
import { writeJson } from '../transfer/report.js';

export default class RenameImage extends ImageCommand {
  readonly oldName = Option.String();
  readonly newName = Option.String();

  override async perform(session: Session): Promise<number> {
    const image = this.reference(session, this.oldName);
    const newName = checkNewName(this.newName);
    const connection = await session.connectForChange();
    await attemptOn(`rename image '${image.name}'`, connection, image, () =>
      connection.image.rename({ ...image, newName }),
    );
    session.log.info(`Image ${image.name} is now ${newName}.`);
    writeJson(session, { class: image.class, name: image.name, newName });
    return 0;
  }
}
