import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import type { Session } from '../../../../client/cli/session.js';
import { openSource } from '../../../../client/transfer/import-source.js';
import { noSuchFile } from '../../../support/texts/common.js';
import { fakeProcessContext } from '../support/process-context.js';

test('of a name that is not valid UTF-8 it is said how to import the file all the same', async () => {
  await assert.rejects(openSource({} as Session, '/nowhere/b\ufffd.tar', 'tar'), {
    message: `Cannot open '/nowhere/b�.tar': ${noSuchFile}. Its name is not valid UTF-8: redirect standard input from it, with - as FILE.`,
  });
});

test('standard input that is not a directory cannot be imported as one', async () => {
  using file = openedFile('/dev/null');
  const session = {
    context: fakeProcessContext({ stdin: { descriptor: file.fd, isTerminal: false } }),
  } as unknown as Session;
  await assert.rejects(openSource(session, '-', 'directory'), {
    message: 'Cannot import standard input with import-fs: it is not a directory; use import-tar or import-raw.',
  });
});

function openedFile(path: string): Disposable & { fd: number } {
  const fd = openSync(path, 'r');
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}
