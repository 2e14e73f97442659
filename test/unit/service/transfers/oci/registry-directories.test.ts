import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registryDirectories } from '../../../../../service/transfers/oci/registry-directories.js';

const common = ['/etc', '/run', '/usr/local/lib', '/usr/lib'].map((path) => `${path}/systemd/oci-registry`);

const rows: [scope: 'system' | 'user', environment: Record<string, string>, first: string[]][] = [
  ['system', { HOME: '/root', XDG_CONFIG_HOME: '/x' }, []],
  ['user', { HOME: '/home/a' }, ['/home/a/.config/systemd/oci-registry']],
  ['user', { HOME: '/home/a', XDG_CONFIG_HOME: '/x' }, ['/x/systemd/oci-registry']],
  ['user', { XDG_CONFIG_HOME: 'x' }, []],
  ['user', {}, []],
];
for (const [scope, environment, first] of rows) {
  test(`Registries are looked up in the ${scope} scope with ${JSON.stringify(environment)}`, () => {
    const found = registryDirectories({ scope, environment });
    assert.deepEqual(found.slice(0, -1), [...first, ...common]);
    assert.match(found.at(-1) ?? '', /\/oci-registry$/);
  });
}
