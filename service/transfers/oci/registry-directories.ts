import { isAbsolute, join } from 'node:path';
import { codeDirectory } from '../../installation.js';
import type { Host } from '../host.js';

/**
 * Where entries of registries are, those that count first, first: systemd's directories, that of a user before them in user scope, and
 * what Ferry brings after them.
 */
export function registryDirectories({ scope, environment }: Pick<Host, 'scope' | 'environment'>): string[] {
  const home = environment['HOME'];
  const configuration = environment['XDG_CONFIG_HOME'] || (home && join(home, '.config'));
  const isUsable = scope === 'user' && configuration !== undefined && isAbsolute(configuration);
  return [
    ...(isUsable ? [join(configuration, 'systemd', 'oci-registry')] : []),
    ...['/etc', '/run', '/usr/local/lib', '/usr/lib'].map((directory) => `${directory}/systemd/oci-registry`),
    join(codeDirectory, 'oci-registry'),
  ];
}
