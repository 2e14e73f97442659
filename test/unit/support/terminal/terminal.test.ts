import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsTerminal, readable, runOnTerminal } from '../../../support/terminal/terminal.js';

test('a program on a terminal sees its size, what is typed, and Ctrl-C', async (t) => {
  if (!needsTerminal(t)) return;
  const script =
    'trap "echo interrupted; exit 7" INT; stty size; read line; echo "got $line"; while :; do sleep 0.1; done';
  const terminal = runOnTerminal(t, ['sh', '-c', script], { columns: 100, rows: 30 });
  await terminal.shows(/30 100/);
  terminal.type('words\n');
  await terminal.shows(/got words/);
  terminal.type('\x03');
  assert.equal(await terminal.ended(), 7);
  assert.match(readable(terminal.transcript()), /interrupted\n$/);
  await assert.rejects(terminal.shows(/never/), /was never shown/);
});

test('a transcript becomes readable', () => {
  assert.equal(readable('\x1b[1mbold\x1b[0m\r\n 10%\r 20%\r\x1b[K done\r\n\x1b]9;4;0;\x1b\\end'), 'bold\n done\nend');
});
