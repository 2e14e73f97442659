import type { Log } from '../../common/log/log.js';
import type { Walls } from '../sandbox/walls.js';
import type { Spares } from './supervisor/spares.js';

export type Scope = 'system' | 'user';

/** What transfers need of the daemon they run in. */
export interface Host {
  readonly scope: Scope;
  readonly walls: Promise<Walls>;
  /** Processes that wait for the next transfer. */
  readonly spares: Spares;
  readonly log: Log;
  readonly environment: NodeJS.ProcessEnv;
  /** Directory below /run for what must not outlive a boot. */
  readonly runtimeDirectory: string;
}

const passedOn =
  /^(LANG|LC_.*|TZ|SYSTEMD_IMPORT_.*|SYSTEMD_NSPAWN_LOCK|SYSTEMD_LOG_LEVEL|TMPDIR|PATH|HOME|XDG_(STATE_HOME|RUNTIME_DIR))$/;
const forNetwork = /^(https?_proxy|all_proxy|no_proxy|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS)$/i;

function select(environment: NodeJS.ProcessEnv, pattern: RegExp): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]) => {
    return value !== undefined && pattern.test(name) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** What worker processes get as their environment, such as where a user's images are: nothing that could be a secret. */
export function workerEnvironment(host: Pick<Host, 'environment'>): Record<string, string> {
  return select(host.environment, passedOn);
}

/** Proxies and certificates. The values may hold passwords: they go over the control channel. */
export function networkEnvironment(host: Host): Record<string, string> {
  return select(host.environment, forNetwork);
}
