import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkEnvironment, workerEnvironment } from '../../../../service/transfers/environment.js';
import { observe } from '../../../../service/transfers/observe.js';
import { Transfer } from '../../../../service/transfers/transfer.js';
import { fakeHost, silentLog } from './fake-workers.js';
import { someSubject } from './samples.js';

const rows: [name: string, goesTo: 'worker' | 'network' | 'nobody'][] = [
  ['LANG', 'worker'],
  ['LC_ALL', 'worker'],
  ['TZ', 'worker'],
  ['PATH', 'worker'],
  ['TMPDIR', 'worker'],
  ['SYSTEMD_LOG_LEVEL', 'worker'],
  ['SYSTEMD_IMPORT_BTRFS_SUBVOL', 'worker'],
  ['http_proxy', 'network'],
  ['HTTPS_PROXY', 'network'],
  ['no_proxy', 'network'],
  ['ALL_PROXY', 'network'],
  ['SSL_CERT_FILE', 'network'],
  ['HOME', 'worker'],
  ['XDG_STATE_HOME', 'worker'],
  ['XDG_RUNTIME_DIR', 'worker'],
  ['NETRC', 'nobody'],
  ['NODE_OPTIONS', 'nobody'],
  ['LD_PRELOAD', 'nobody'],
  ['CREDENTIALS_DIRECTORY', 'nobody'],
  ['AWS_SECRET_ACCESS_KEY', 'nobody'],
  ['NOTIFY_SOCKET', 'nobody'],
  ['MY_LANG', 'nobody'],
];
for (const [name, goesTo] of rows) {
  test(`${name} goes to ${goesTo}`, () => {
    const host = { ...fakeHost('/nonexistent', {}), environment: { [name]: 'x' } };
    assert.deepEqual(workerEnvironment(host), goesTo === 'worker' ? { [name]: 'x' } : {});
    assert.deepEqual(networkEnvironment(host), goesTo === 'network' ? { [name]: 'x' } : {});
  });
}

test('what workers say becomes progress and log of their transfer, without control characters', () => {
  const transfer = new Transfer({ ...someSubject, id: 1 });
  const { onMessage: tell } = observe(transfer, silentLog);
  tell({ type: 'phase', phase: 'downloading' });
  tell({ type: 'progress', bytesDone: 3, bytesTotal: 5 });
  tell({ type: 'log', priority: 4, message: 'red: \x1b[31m\r\n\u2028' });
  tell({ type: 'bug', stack: 'Error: not for the caller' });
  assert.equal(transfer.progress.phase, 'downloading');
  assert.equal(transfer.progress.bytesDone, 3);
  assert.equal(transfer.progress.bytesTotal, 5);
  assert.deepEqual(transfer.log, [{ priority: 4, message: 'red: \\x1b[31m\\x0d\\n\\u2028' }]);
});
