import { writeSync } from 'node:fs';
import type { ImageFormat } from '../../../common/image-classes.js';
import { installImage } from '../../../service/images/install/install.js';
import type { InstallRequest } from '../../../service/images/install/request.js';
import { createTemporaryFile, createTemporaryTree, type Temporary } from '../../../service/images/install/temporary.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { testHost, writeTree } from '../../support/images/image-root.js';

export function newImage(root: ImageRoot, format: ImageFormat, text: string): Temporary {
  const temporary = format === 'raw' ? createTemporaryFile(root, 'image') : createTemporaryTree(root, 'image');
  if (format === 'raw') writeSync(temporary.descriptor, text);
  else writeTree(temporary.path, text);
  return temporary;
}

export interface Trial extends Partial<Omit<InstallRequest, 'root' | 'temporary'>> {
  format: ImageFormat;
  text: string;
}

/** Installs an image named "img" and gives back the warnings. What was not installed is removed again. */
export function install(path: string, { format, text, ...rest }: Trial): string[] {
  const warnings: string[] = [];
  using root = ImageRoot.open(path);
  using temporary = newImage(root, format, text);
  installImage({
    root,
    temporary,
    name: 'img',
    imageClass: 'machine',
    host: testHost(path),
    force: false,
    readOnly: false,
    synchronize: true,
    sidecars: new Map(),
    warn: (message) => warnings.push(message),
    ...rest,
  });
  return warnings;
}

export const formats: readonly ImageFormat[] = ['raw', 'tar'];

export function fileName(format: ImageFormat): string {
  return format === 'raw' ? 'img.raw' : 'img';
}
