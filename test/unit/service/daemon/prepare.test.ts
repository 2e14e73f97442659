import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attempt } from '../../../support/command.js';

const module = new URL('../../../../service/daemon/prepare.js', import.meta.url).href;

test('what is not a boolean in a variable that is read later is told at the start', () => {
  const environment = {
    SYSTEMD_IMPORT_SYNC: 'maybe',
    SYSTEMD_IMPORT_BTRFS_QUOTA: '2',
    SYSTEMD_EXIT_ON_IDLE: '',
    SYSTEMD_IMPORT_BTRFS_SUBVOL: 'Off',
  };
  const script = `const { openLog } = await import(${JSON.stringify(module)}); openLog(${JSON.stringify(environment)});`;
  const { stderr } = attempt(process.execPath, ['--input-type=module', '--eval', script]);
  assert.equal(
    stderr,
    "Cannot read SYSTEMD_IMPORT_BTRFS_QUOTA: '2' is not a boolean; it stays off\n" +
      "Cannot read SYSTEMD_IMPORT_SYNC: 'maybe' is not a boolean; it stays on\n" +
      "Cannot read SYSTEMD_EXIT_ON_IDLE: '' is not a boolean; it stays on\n",
  );
});
