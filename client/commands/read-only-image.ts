import { Option } from 'clipanion';
import type { Session } from '../cli/session.js';
import { parseBoolean } from '../cli/values.js';
import { attemptOn, ImageCommand } from '../transfer/image-verb.js';
import { writeJson } from '../transfer/report.js';

export default class ReadOnlyImage extends ImageCommand {
  readonly imageName = Option.String();
  readonly state = Option.String({ required: false });

  override async perform(session: Session): Promise<number> {
    const image = this.reference(session, this.imageName);
    const readOnly = this.state === undefined ? true : parseBoolean('read-only-image', this.state);
    const connection = await session.connectForChange();
    const what = readOnly ? 'read-only' : 'writable';
    await attemptOn(`make image '${image.name}' ${what}`, connection, image, () =>
      connection.image.setReadOnly({ ...image, readOnly }),
    );
    session.log.info(`Image ${image.name} is ${what}.`);
    writeJson(session, { class: image.class, name: image.name, readOnly });
    return 0;
  }
}
