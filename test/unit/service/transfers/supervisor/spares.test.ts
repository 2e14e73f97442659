import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Log, plainOutput, readLogSettings } from '../../../../../common/log/log.js';
import { type Command, plainCommand } from '../../../../../service/sandbox/needs.js';
import { Spares } from '../../../../../service/transfers/supervisor/spares.js';
import { noSuchFile } from '../../../../support/texts/common.js';
import { spareEnded } from '../../../../support/texts/transfers.js';
import { fakeWorker } from '../fake-workers.js';

/** What is logged of spare processes, of which one is this command and the others wait, until the first line has come. */
async function linesOf(fetch: Command): Promise<string[]> {
  const log = new Log(readLogSettings({}, { isTerminal: false }), plainOutput('ferryd'));
  const lines: string[] = [];
  const told = new Promise<void>((resolve) => {
    log.write = (_, message) => {
      lines.push(message);
      resolve();
    };
  });
  const command = (name: string) => (name === 'fetch' ? fetch : fakeWorker('hear();'));
  const spares = new Spares({ environment: {}, log, sandbox: Promise.resolve({ missing: [], command }) });
  await spares.fill();
  await told;
  spares.end();
  return lines;
}

test('a spare process that says something before it is asked is told, and not used', async () => {
  const talking = fakeWorker(`tell({ type: 'phase', phase: 'verifying' }); await pause(1e9);`);
  const says = spareEnded('fetch', 'it sent an invalid message: something before it was asked');
  assert.deepEqual(await linesOf(talking), [says]);
});

test('a spare process that cannot be started is told', async () => {
  const says = spareEnded('fetch', `it cannot be started: ${noSuchFile} (ENOENT)`);
  assert.deepEqual(await linesOf(plainCommand(['/nonexistent/program'])), [says]);
});
