import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { packDirectory } from '../../../../client/transfer/pack.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { noSuchFile } from '../../../support/texts/common.js';
import { fakeProcessContext } from '../support/process-context.js';

/** What a tar says, by the last words of a stand-in; none is installed if undefined. */
const fates: [script: string | undefined, says: string][] = [
  [undefined, "Cannot pack '/srv/tree': the program tar is not installed."],
  [
    'echo "tar: ./a: File removed before we read it" >&2; echo "tar: Exiting with failure status due to previous errors" >&2; exit 1',
    "Cannot pack '/srv/tree': ./a: File removed before we read it",
  ],
  ['printf "/bin/tar: ./\\033: Cannot open\\n" >&2; exit 2', "Cannot pack '/srv/tree': ./\\x1b: Cannot open"],
  ['exit 2', "Cannot pack '/srv/tree': tar failed."],
];

test('what cannot be packed is named, with what tar says of it', async (t) => {
  await using directory = temporaryDirectory(t);
  const fd = openSync(directory.path, 'r');
  t.after(() => closeSync(fd));
  for (const [script, says] of fates) {
    if (script !== undefined) writeFileSync(directory.file('tar'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const context = fakeProcessContext({ variables: { PATH: directory.path } });
    const source = { descriptor: fd, what: "'/srv/tree'" } as Parameters<typeof packDirectory>[0];
    const packing = async () => {
      for await (const _ of packDirectory(source, context));
    };
    await assert.rejects(packing(), { name: 'UserError', message: says });
  }
});

test('that tar cannot be started is said, too', async (t) => {
  await using directory = temporaryDirectory(t);
  const fd = openSync(directory.path, 'r');
  t.after(() => closeSync(fd));
  writeFileSync(directory.file('tar'), '#!/nonexistent/interpreter\n', { mode: 0o755 });
  const context = fakeProcessContext({ variables: { PATH: directory.path } });
  const source = { descriptor: fd, what: "'/srv/tree'" } as Parameters<typeof packDirectory>[0];
  const packing = async () => {
    for await (const _ of packDirectory(source, context));
  };
  await assert.rejects(packing(), {
    name: 'UserError',
    message: `Cannot pack '/srv/tree': tar cannot be started: ${noSuchFile}.`,
  });
});
