import { basename } from 'node:path';
import { type Scope, userStatePath } from '../../common/image-classes.js';

/**
 * Where the service keeps what outlives a boot: $STATE_DIRECTORY where the service manager made one for it, else
 * /var/lib/ferry, for a user `ferry` in $XDG_STATE_HOME. $FERRY_STATE_DIRECTORY replaces all of these. Undefined for a user
 * who has neither that variable nor a home. Who first needs the directory makes it.
 */
export function stateDirectory(scope: Scope, environment: NodeJS.ProcessEnv): string | undefined {
  const chosen = environment['FERRY_STATE_DIRECTORY'];
  if (chosen?.startsWith('/')) return chosen;
  return ofServiceManager(environment) ?? (scope === 'system' ? '/var/lib/ferry' : userStatePath('ferry', environment));
}

/** A client that runs in another service may have passed on the directory of that one (systemd.exec(5)). */
function ofServiceManager({ STATE_DIRECTORY: list }: NodeJS.ProcessEnv): string | undefined {
  return list?.split(':').find((path) => path.startsWith('/') && basename(path) === 'ferry');
}
