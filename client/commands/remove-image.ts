import { Option } from 'clipanion';
import type { Session } from '../cli/session.js';
import { forEach } from '../transfer/for-each.js';
import { attemptOn, ImageCommand } from '../transfer/image-verb.js';
import { writeJson } from '../transfer/report.js';

export default class RemoveImage extends ImageCommand {
  readonly names = Option.Rest({ required: 1 });

  override async perform(session: Session): Promise<number> {
    const images = this.names.map((name) => this.reference(session, name));
    const connection = await session.connectForChange();
    const removed: { class: string; name: string }[] = [];
    const status = await forEach(session, images, async (image) => {
      await attemptOn(`remove image '${image.name}'`, connection, image, () => connection.image.remove(image));
      removed.push({ class: image.class, name: image.name });
      session.log.info(`Image ${image.name} removed.`);
    });
    writeJson(session, removed);
    return status;
  }
}
