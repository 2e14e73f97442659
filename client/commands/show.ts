import { Option } from 'clipanion';
import { zoneNamer } from '../../common/timestamp.js';
import { escapeText } from '../../varlink/text.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { ImageDetails } from '../connect/contract.js';
import { checkImageName } from '../names.js';
import { showCount } from '../show/count-display.js';
import { detailFields } from '../show/fields.js';
import { fieldLook, renderFields } from '../terminal/fields.js';
import { page } from '../terminal/page.js';
import { forEach } from '../transfer/for-each.js';
import { attemptOn, classLetters } from '../transfer/image-verb.js';
import { present } from '../transfer/parameters.js';
import { writeJson } from '../transfer/report.js';

export default class Show extends VerbCommand {
  readonly names = Option.Rest({ required: 1 });

  override async perform(session: Session): Promise<number> {
    const names = this.names.map(checkImageName);
    const { inspectDisk } = session.settings;
    const connection = inspectDisk ? await session.connectForChange() : await session.connect();
    const shown: ImageDetails[] = [];
    const status = await forEach(session, names, async (name) => {
      const found = await look(session, connection, name);
      tellAmbiguity(session, name, found);
      shown.push(...found);
    });
    if (session.settings.json === 'off') await writeBlocks(session, shown);
    else writeJson(session, shown);
    return status;
  }
}

async function look(session: Session, connection: ServiceConnection, name: string): Promise<ImageDetails[]> {
  const { class: imageClass, imageRoot, recount, inspectDisk } = session.settings;
  const image = { name, ...present({ class: imageClass, imageRoot }) };
  const { allowInteractiveAuthentication } = session;
  const wishes = { recount, ...(inspectDisk ? { inspectDisk, allowInteractiveAuthentication } : {}) };
  return await attemptOn(`show image '${name}'`, connection, image, async () => {
    using display = showCount(session);
    let images: ImageDetails[] = [];
    for await (const reply of connection.image.showMore({ ...image, ...wishes })) {
      if (reply.progress) display.update(reply.progress);
      images = reply.images ?? images;
    }
    return images;
  });
}

/** Which of several is meant only the user can say. */
function tellAmbiguity(session: Session, name: string, images: readonly ImageDetails[]): void {
  if (images.length < 2) return;
  const classes = images.map(({ image }) => image.class);
  const letters = classes.map((imageClass) => classLetters[imageClass]).join(' or ');
  const several = classes.join(', ');
  session.log.warning(`Several images are called '${escapeText(name)}' (${several}); choose one with ${letters}`);
}

/** A block for each image. Nothing is shortened: digests and paths are there to be copied. */
async function writeBlocks(session: Session, shown: readonly ImageDetails[]): Promise<void> {
  const zoneName = zoneNamer(session.context.environment.timeZone);
  const look = { ...fieldLook(session), width: undefined };
  const blocks = shown.map((details) => renderFields(detailFields(details, zoneName), look));
  if (blocks.length > 0) await page(blocks.join('\n'), session.settings.pager, session.context);
}
