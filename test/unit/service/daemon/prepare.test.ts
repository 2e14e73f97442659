import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attempt } from '../../../support/command.js';
import { isNotBoolean } from '../../../support/texts/transfers.js';

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
    `${isNotBoolean('SYSTEMD_IMPORT_BTRFS_QUOTA', 2)} off\n` +
      `${isNotBoolean('SYSTEMD_IMPORT_SYNC', 'maybe')} on\n` +
      `${isNotBoolean('SYSTEMD_EXIT_ON_IDLE', '')} on\n`,
  );
});
