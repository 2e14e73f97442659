import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readTrustEntries, trustDirectories } from '../../../../../service/transfers/kinds/trust-files.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { nameTooLong, noSuchFile, tooManyLinks } from '../../../../support/texts/common.js';
import { isLargerThanBytes } from '../../../../support/texts/verification.js';

test('entries of a user come before those of the host, and those before what packages ship', () => {
  const shipped = ['/usr/local/lib/ferry/trust.d', '/usr/lib/ferry/trust.d'];
  const system = trustDirectories({ scope: 'system', environment: { HOME: '/root' } });
  assert.deepEqual(system.slice(0, 4), ['/etc/ferry/trust.d', '/run/ferry/trust.d', ...shipped]);
  const user = trustDirectories({ scope: 'user', environment: { HOME: '/home/me', XDG_CONFIG_HOME: '' } });
  assert.deepEqual(user, ['/home/me/.config/ferry/trust.d', ...system]);
  const configured = trustDirectories({ scope: 'user', environment: { HOME: '/home/me', XDG_CONFIG_HOME: '/c' } });
  assert.deepEqual(configured, ['/c/ferry/trust.d', ...system]);
});

test('$SYSTEMD_OPENPGP_KEYRING stands in for the entries that packages ship, and for no others', () => {
  const environment = { SYSTEMD_OPENPGP_KEYRING: '/k.pgp' };
  assert.deepEqual(trustDirectories({ scope: 'system', environment }), ['/etc/ferry/trust.d', '/run/ferry/trust.d']);
});

const entry = (host: string) => `[Trust]\nURL=${host}\n`;

test('a file masks those of its name in later directories, also when it is empty or a link to /dev/null', async (t) => {
  const place = temporaryDirectory(t);
  const [first, second, third] = ['1', '2', '3'].map((name) => place.file(name)) as [string, string, string];
  for (const directory of [first, second]) mkdirSync(directory);
  writeFileSync(`${first}/a.conf`, entry('first.example'));
  writeFileSync(`${first}/empty.conf`, '');
  symlinkSync('/dev/null', `${first}/null.conf`);
  writeFileSync(`${first}/.hidden.conf`, entry('hidden.example'));
  writeFileSync(`${first}/b.conf~`, entry('backup.example'));
  for (const name of ['a', 'empty', 'null', 'b']) writeFileSync(`${second}/${name}.conf`, entry(`${name}.example`));
  const entries = await readTrustEntries([first, second, third]);
  assert.deepEqual(
    entries.map(({ path, patterns }) => [path, patterns[0]?.host]),
    [
      [`${first}/a.conf`, 'first.example'],
      [`${second}/b.conf`, 'b.example'],
    ],
  );
});

test('what cannot be read is an entry with a fault, which may be for any URL', async (t) => {
  const directory = temporaryDirectory(t).path;
  mkdirSync(`${directory}/directory.conf`);
  symlinkSync('nowhere', `${directory}/dangling.conf`);
  symlinkSync('loop.conf', `${directory}/loop.conf`);
  writeFileSync(`${directory}/large.conf`, Buffer.alloc(1024 * 1024 + 1, '#'));
  const entries = await readTrustEntries([directory]);
  assert.deepEqual(
    entries.map(({ name, faults, mayCoverAll }) => [name, faults, mayCoverAll]),
    [
      ['dangling', [{ line: 1, reason: `cannot be read: ${noSuchFile} (ENOENT)` }], true],
      ['directory', [{ line: 1, reason: 'is not a regular file' }], true],
      ['large', [{ line: 1, reason: isLargerThanBytes(1048576) }], true],
      ['loop', [{ line: 1, reason: `cannot be read: ${tooManyLinks} (ELOOP)` }], true],
    ],
  );
  const [unlistable] = await readTrustEntries(['/proc/self/mem/..', `${directory}/${'x'.repeat(300)}`]);
  assert.deepEqual(unlistable?.faults, [{ line: 1, reason: `cannot be read: ${nameTooLong} (ENAMETOOLONG)` }]);
});
