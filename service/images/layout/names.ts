import { Failure } from '../../../common/failure.js';
import { classSuffix, type ImageClass } from '../../../common/image-classes.js';
import { imageNameProblem, newImageNameProblem } from '../../../common/image-names.js';
import { NAME_MAX } from '../../../linux/headers/constants.js';
import { escapeText } from '../../../varlink/text.js';

/** Names under which an image of this class would be taken for something else, or listed under another name. */
function classProblem(name: string, imageClass: ImageClass, isTree: boolean): string | undefined {
  if (isTree && /\.(v|mstack)$/.test(name)) return "trees whose names end in '.v' or '.mstack' are collections";
  const own = classSuffix(imageClass);
  return own !== '' && name.endsWith(own) ? `images of class ${imageClass} are listed without '${own}'` : undefined;
}

/**
 * Gives back a name that an image may have.
 *
 * @throws Failure InvalidName, with the reason, when an image may not have it
 */
export function validateImageName(name: string): string {
  return orInvalid(name, imageNameProblem(name));
}

/**
 * Gives back a name that a new image may get: one under which it is listed, exported and removed afterwards.
 *
 * @param fileName what it will have in the image directory
 * @throws Failure InvalidName, with the reason, when a new image may not get it
 */
export function validateNewName(name: string, imageClass: ImageClass, fileName: string): string {
  orInvalid(name, newImageNameProblem(name) ?? classProblem(name, imageClass, fileName === name));
  validateFileName(fileName, name);
  return name;
}

function orInvalid(name: string, reason: string | undefined): string {
  if (reason === undefined) return name;
  throw new Failure(
    'InvalidName',
    `'${escapeText(name)}' cannot be the name of an image: ${reason}. Give another one`,
    {
      name,
    },
  );
}

export function isValidImageName(name: string): boolean {
  return imageNameProblem(name) === undefined;
}

/**
 * Gives back a file name that is made of `name`, a name that is valid as such.
 *
 * @throws Failure InvalidName when no directory can hold the file name
 */
export function validateFileName(fileName: string, name: string): string {
  if (Buffer.byteLength(fileName) <= NAME_MAX) return fileName;
  const message = `'${escapeText(name)}' cannot be the name of this image: its file name would be longer than ${NAME_MAX} bytes. Give a shorter one`;
  throw new Failure('InvalidName', message, { name });
}

/**
 * Makes sure that what belongs to an image can have the image's name with its suffix.
 *
 * @throws Failure InvalidName when such a file name is too long
 */
export function validateBelongings(name: string, suffixes: Iterable<string>): void {
  for (const suffix of suffixes) {
    if (Buffer.byteLength(name + suffix) <= NAME_MAX) continue;
    const message = `'${escapeText(name)}' cannot be the name of this image: its '${suffix}' file would have a name longer than ${NAME_MAX} bytes. Give a shorter one`;
    throw new Failure('InvalidName', message, { name });
  }
}
