import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { candidateFileNames, type ImageClass } from '../../../common/image-classes.js';
import { escapeText } from '../../../varlink/text.js';

/** What a transfer that ended early has to say of what it was to make. */
export interface CommitOutcome {
  /** Whether the image had got its name all the same. */
  isPlaced(): boolean;
  /** The end of a sentence about it. */
  tell(): string;
}

interface NamedImage {
  imageRoot: string;
  name?: string | undefined;
  class: ImageClass;
}

/** What has the file names of an image, by device and inode. */
function holders({ imageRoot, name, class: imageClass }: NamedImage): Set<string> {
  const fileNames = name === undefined ? [] : candidateFileNames(name, imageClass);
  const found = fileNames.flatMap((fileName) => {
    try {
      const { dev, ino } = lstatSync(join(imageRoot, fileName), { bigint: true });
      return [`${dev}:${ino}`];
    } catch {
      return [];
    }
  });
  return new Set(found);
}

/** Remembers what has the name of an image now: a process that is killed after it has renamed can tell nobody that it has. */
export function rememberName(image: NamedImage): CommitOutcome {
  const before = holders(image);
  const isPlaced = () => [...holders(image)].some((holder) => !before.has(holder));
  return {
    isPlaced,
    tell() {
      if (!isPlaced()) return 'nothing was placed, the transfer can be repeated';
      return `the image '${escapeText(image.name ?? '')}' is complete and has its name, but what follows may not be done`;
    },
  };
}

/** Of what gives no image a name. */
export function placesNothing(tells: string): CommitOutcome {
  return { isPlaced: () => false, tell: () => tells };
}
