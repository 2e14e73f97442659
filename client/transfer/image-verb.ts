import type { ImageClass } from '../../common/image-classes.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import { didYouMean } from '../cli/suggest.js';
import type { ServiceConnection } from '../connect/connect.js';
import { attemptNamed } from '../connect/describe.js';
import { checkImageName } from '../names.js';
import { present } from './parameters.js';

/** The image that a call is about, as all methods on images take it. */
export interface ImageReference {
  readonly class: ImageClass;
  readonly name: string;
  readonly imageRoot?: string;
  readonly allowInteractiveAuthentication: boolean;
}

interface NamedImage {
  /** Undefined for all classes. */
  readonly class?: ImageClass | undefined;
  readonly name: string;
  readonly imageRoot?: string | null;
}

/** A verb that acts on images that are here already. */
export abstract class ImageCommand extends VerbCommand {
  protected reference(session: Session, name: string): ImageReference {
    const { imageRoot } = session.settings;
    return {
      class: session.imageClass,
      name: checkImageName(name),
      ...(imageRoot === undefined ? {} : { imageRoot }),
      allowInteractiveAuthentication: session.allowInteractiveAuthentication,
    };
  }
}

/**
 * Awaits a call about an image. On failure, adds the image to the message, and suggests a similar name for an unknown image.
 *
 * @throws UserError if describeFailure() can describe it, otherwise what the call throws
 */
export function attemptOn<Value>(
  subject: string,
  connection: ServiceConnection,
  image: NamedImage,
  call: () => Promise<Value>,
): Promise<Value> {
  return attemptNamed(subject, () => suggestion(connection, image), call);
}

/** The options that choose a class. */
export const classLetters: Readonly<Record<string, string>> = {
  machine: '-m',
  portable: '-P',
  sysext: '-S',
  confext: '-C',
};

/** Where images of other classes have the name: ` There is a portable image of that name: add -P.` */
async function inOtherClass(
  connection: ServiceConnection,
  { class: imageClass, name, imageRoot }: NamedImage,
): Promise<string | undefined> {
  // All classes would be looked for in the one directory.
  if (imageRoot || imageClass === undefined) return undefined;
  const { images } = await connection.image.list({ name });
  const other = images.find((found) => found.name === name && found.class !== imageClass);
  const letter = classLetters[other?.class ?? ''];
  if (other === undefined || letter === undefined) return undefined;
  return ` There is a ${other.class} image of that name: add ${letter}.`;
}

/** Another class, or ` Did you mean X?`, from the images that there are. */
async function suggestion(connection: ServiceConnection, image: NamedImage): Promise<string> {
  const elsewhere = await inOtherClass(connection, image);
  if (elsewhere !== undefined) return elsewhere;
  // In a name of one or two letters a slip is another name.
  if (image.name.length < 3) return '';
  const { images } = await connection.image.list(
    present({ class: image.class, imageRoot: image.imageRoot ?? undefined }),
  );
  return didYouMean(
    image.name,
    images.map((found) => found.name),
  );
}
