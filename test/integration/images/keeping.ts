import assert from 'node:assert/strict';
import { ftruncateSync, writeSync } from 'node:fs';
import type { ImageFormat } from '../../../common/image-classes.js';
import { createTemporaryFile, createTemporaryTree } from '../../../service/images/install/temporary.js';
import type { DownloadOrigin } from '../../../service/images/layout/pristine-names.js';
import type { ImageRoot } from '../../../service/images/layout/root.js';
import { type PristineRequest, placePristine } from '../../../service/images/pristine/pristine.js';
import type { Verified } from '../../../service/images/pristine/record.js';
import { run } from '../../support/command.js';
import { writeTree } from '../../support/images/image-root.js';

export const verified: Verified = {
  sha256: 'ab'.repeat(32),
  sha512: undefined,
  bytes: 12,
  verification: 'checksum',
  signedBy: undefined,
};
export const url = 'http://me:secret@host/dir/img.tar?x';
export const plainUrl = 'http://host/dir/img.tar?x';

export function place(
  root: ImageRoot,
  origin: DownloadOrigin,
  text: string,
  rest: Partial<PristineRequest> = {},
): string {
  const { format } = origin;
  using temporary = format === 'raw' ? createTemporaryFile(root, 'x') : createTemporaryTree(root, 'x');
  if (format === 'raw') writeSync(temporary.descriptor, text);
  else writeTree(temporary.path, text);
  if (format === 'raw') ftruncateSync(temporary.descriptor, 8 << 20);
  const sidecars = new Map();
  const request = { root, temporary, origin, verified, lastModified: undefined, sidecars, synchronize: true };
  return placePristine({ ...request, warn: (message) => assert.fail(message), ...rest }).path;
}

export function sidecar(root: ImageRoot, text: string) {
  const temporary = createTemporaryFile(root, 'sidecar');
  writeSync(temporary.descriptor, text);
  return temporary;
}

export function attributes(path: string): Record<string, string> {
  const lines = run('getfattr', ['-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', path]).split('\n');
  const found = lines.map((line) => /^([^#=]+)=0x(.*)$/.exec(line)).filter((match) => match !== null);
  return Object.fromEntries(
    found.map(([, name = '', value = '']) => [name, Buffer.from(value, 'hex').toString('latin1')]),
  );
}

export const formats: readonly ImageFormat[] = ['raw', 'tar'];
