import { parseArgs } from 'node:util';
import type { Scope } from '../../common/image-classes.js';

export interface DaemonOptions {
  scope: Scope;
  /** The socket path to bind if systemd passed no socket; undefined without a runtime directory. */
  listen: string | undefined;
  help: boolean;
  version: boolean;
}

export const usage = `ferryd [OPTIONS...]

Serves disk image transfers over Varlink. Started by its socket unit, or by ferryctl where there is none.

  -h --help          Show this help
     --version       Show the version
     --system        Serve the system: images go to /var/lib (default for root)
     --user          Serve one user: images go to $XDG_STATE_HOME
     --listen=PATH   Bind this socket when none was passed
`;

function defaultPath(scope: Scope, environment: NodeJS.ProcessEnv): string | undefined {
  if (scope === 'system') return '/run/ferry/io.ferry.Transfer';
  const directory = environment['XDG_RUNTIME_DIR'];
  return directory ? `${directory}/ferry/io.ferry.Transfer` : undefined;
}

/**
 * Reads the command line of the service.
 *
 * @throws TypeError with a readable message when it cannot be understood
 */
export function readOptions(parameters: string[], environment: NodeJS.ProcessEnv, uid: number): DaemonOptions {
  const { values } = parseArgs({
    args: parameters,
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
      system: { type: 'boolean' },
      user: { type: 'boolean' },
      listen: { type: 'string' },
    },
  });
  if (values.system && values.user) throw new TypeError('--system and --user exclude each other');
  const ofUser = values.user ?? (values.system ? false : uid !== 0);
  const scope = ofUser ? 'user' : 'system';
  const listen = values.listen ?? defaultPath(scope, environment);
  return { scope, listen, help: values.help ?? false, version: values.version ?? false };
}
