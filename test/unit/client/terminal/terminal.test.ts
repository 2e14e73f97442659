import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import { renderFields } from '../../../../client/terminal/fields.js';
import { renderTable } from '../../../../client/terminal/table.js';
import { link } from '../../../../common/colour.js';
import { startFakeService } from '../support/fake-service.js';
import { fakeProcessContext } from '../support/process-context.js';

const hostile = 'x\u001b]0;owned\u0007\u009b2J\u202ey\n\u2028';
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

test('no cell, field or link writes to a terminal what it would obey', () => {
  const look = { width: undefined, colours: 'off', header: false, links: false } as const;
  assert.doesNotMatch(renderTable([{ heading: 'A' }], [[{ text: hostile }]], look), raw);
  assert.doesNotMatch(renderFields([{ name: 'A', text: hostile }], look), raw);
  const [, target, , end] = link(hostile, 'text').split(/\u001b\]8;;|\u0007/);
  assert.doesNotMatch(`${target}${end}`, raw);
});

const image = { class: 'machine', name: hostile, type: 'raw', path: `/${hostile}`, readOnly: false } as const;
const transfer = {
  id: 1,
  type: 'pull_tar',
  class: 'machine',
  local: hostile,
  remote: `http://h/${hostile}`,
  progress: { phase: 'downloading', bytesDone: 0 },
} as const;

for (const line of [
  'list-images',
  'list-images -j',
  'list-images --json=short',
  'list',
  'list -j',
  'clean',
  'clean -j',
  'pull-tar --dry-run http://h/x',
  'complete images',
]) {
  test(`${line} on a terminal shows names of strangers escaped`, async (t) => {
    const { address } = startFakeService(t, {
      image: {
        List: async (call) => call.reply({ images: [image] }),
        Clean: async (call) => call.reply({ leftovers: [{ path: `/${hostile}`, bytes: 1, reason: 'original' }] }),
      },
      transfer: {
        List: async (call) => call.reply({ transfers: [transfer] }),
        Plan: async (call) =>
          call.reply({
            url: hostile,
            answeredBy: `${hostile}2`,
            verify: 'signature',
            digest: hostile,
            path: hostile,
            sidecars: [hostile],
            fromCache: false,
            replaces: [hostile],
            bytesAvailable: 1,
            obstacles: [],
          }),
      },
    });
    const env = { TERM: 'xterm', SYSTEMD_COLORS: '0', SYSTEMD_URLIFY: '0', SYSTEMD_PAGER: '' };
    const context = fakeProcessContext({ columns: 400, variables: env });
    await run([`--address=${address}`, ...line.split(' ')], context);
    const { stdout, stderr } = context.written;
    assert.doesNotMatch(stdout.replaceAll('\t', ' ') + stderr, raw);
  });
}
