import { join } from 'node:path';
import { type Environment, readBoolean } from '../../common/environment.js';
import { imageRootPath, type Scope } from '../../common/image-classes.js';
import { VarlinkError } from '../../varlink/error.js';
import type { OptionScope } from '../cli/option/kinds.js';
import type { ProcessContext } from '../cli/process-context.js';

/** Variables that only the service reads (ferryd(8)), by the options of the verbs that they change something about. */
const variables: Partial<Record<OptionScope, readonly string[]>> = {
  download: [
    'http_proxy',
    'https_proxy',
    'HTTPS_PROXY',
    'all_proxy',
    'ALL_PROXY',
    'no_proxy',
    'NO_PROXY',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'NODE_EXTRA_CA_CERTS',
  ],
  pull: ['NETRC', 'SYSTEMD_OPENPGP_KEYRING', 'XDG_CONFIG_HOME'],
  // Verbs that make an image.
  'read-only': ['SYSTEMD_IMPORT_SYNC', 'SYSTEMD_IMPORT_BTRFS_SUBVOL', 'SYSTEMD_IMPORT_BTRFS_QUOTA'],
  root: ['SYSTEMD_NSPAWN_LOCK'],
  trust: ['SYSTEMD_OPENPGP_KEYRING', 'XDG_CONFIG_HOME'],
};

/** Those among them that name a file or directory. */
const paths = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'NETRC', 'SYSTEMD_OPENPGP_KEYRING'];

const isExemption = (name: string) => /^no_proxy$/i.test(name);
const isProxy = (name: string) => /_proxy$/i.test(name) && !isExemption(name);

/** The environment for a service that is started: its working directory is `/`, so paths must not depend on ours. */
export function environmentForService({
  variables,
  workingDirectory,
}: Pick<ProcessContext, 'variables' | 'workingDirectory'>): Environment {
  const absolute = (path: string) => (path.startsWith('/') ? path : join(workingDirectory, path));
  const named = paths.flatMap((name) => (variables[name] ? [[name, absolute(variables[name])] as const] : []));
  const directories = variables['SSL_CERT_DIR']?.split(':').map((path) => path && absolute(path));
  return {
    ...variables,
    ...Object.fromEntries(named),
    ...(directories === undefined ? {} : { SSL_CERT_DIR: directories.join(':') }),
  };
}

/** What a command would have the service find in its environment. */
export interface WantedEnvironment {
  readonly environment: Environment;
  /** The options that the verb takes, which tell what it does. */
  readonly takes: readonly OptionScope[];
  /** Whose directories of images the command is about; undefined where it names one, or nobody knows. */
  readonly scope: Scope | undefined;
}

/** The variables of a command that its verb depends on, and that are set. */
export function variablesOf({ environment, takes, scope }: WantedEnvironment): string[] {
  const isRead = (name: string) => name !== 'XDG_CONFIG_HOME' || scope === 'user';
  const names = takes.flatMap((option) => variables[option] ?? []).filter((name) => environment[name] && isRead(name));
  // Exemptions from nothing change nothing.
  return names.some(isProxy) ? names : names.filter((name) => !isExemption(name));
}

/** What the service has to say of a boolean that it cannot read goes to its log, which nobody looks at now. */
export function unreadableVariables(wanted: WantedEnvironment): string[] {
  const { environment } = wanted;
  const booleans = variablesOf(wanted).filter((name) => /^SYSTEMD_(IMPORT|NSPAWN)_/.test(name));
  return booleans
    .filter((name) => readBoolean(environment[name] ?? '') === undefined)
    .map((name) => `Cannot read $${name}: '${environment[name]}' is not a boolean; its default counts`);
}

/** The variable by which the images of a user would be in another directory than the service has them in. */
function otherDirectory({ environment, takes, scope }: WantedEnvironment, ofService: Environment): string[] {
  if (scope !== 'user' || !takes.includes('root')) return [];
  const [ours, theirs] = [environment, ofService].map((each) => imageRootPath('machine', 'user', each));
  if (ours === undefined || ours === theirs) return [];
  return [environment['XDG_STATE_HOME']?.startsWith('/') ? 'XDG_STATE_HOME' : 'HOME'];
}

/** The variables that have no effect, since the service has other values. */
export function ignoredVariables(wanted: WantedEnvironment, ofService: Environment): string[] {
  const differing = variablesOf(wanted).filter((name) => wanted.environment[name] !== ofService[name]);
  return [...differing, ...otherDirectory(wanted, ofService)];
}

/** systemd tells each service the number of its process; a service that a client started may only have inherited the client's. */
function isManaged(ofService: Environment, ours: Environment): boolean {
  const pid = ofService['SYSTEMD_EXEC_PID'];
  return pid !== undefined && pid !== ours['SYSTEMD_EXEC_PID'];
}

/** Reads what io.systemd.service says of an environment. */
function readEnvironment(assignments: readonly string[]): Environment {
  return Object.fromEntries(assignments.map((text) => [text.split('=', 1)[0] ?? '', text.replace(/^[^=]*=/s, '')]));
}

interface EnvironmentReply {
  readonly environment?: readonly string[] | null;
}

function listed(names: readonly string[]): string {
  return `${names.map((name) => `$${name}`).join(', ')} ${names.length === 1 ? 'has' : 'have'} no effect`;
}

/**
 * What to tell people whose environment has what the service does not take from it; undefined for nothing.
 *
 * @param ask calls a method of the service
 * @throws Error when the connection breaks
 */
export async function environmentWarning(
  wanted: WantedEnvironment,
  ask: <Reply extends object>(method: string) => Promise<Reply>,
): Promise<string | undefined> {
  const set = variablesOf(wanted);
  if (set.length === 0 && !(wanted.scope === 'user' && wanted.takes.includes('root'))) return undefined;
  try {
    const reply = await ask<EnvironmentReply>('io.systemd.service.GetEnvironment');
    const ofService = readEnvironment(reply.environment ?? []);
    const ignored = ignoredVariables(wanted, ofService);
    if (ignored.length === 0) return undefined;
    if (!isManaged(ofService, wanted.environment))
      return `${listed(ignored)}: the service already runs, with another environment; try again when its transfers have ended`;
    const manager = wanted.scope === 'user' ? 'systemctl --user' : 'systemctl';
    return `${listed(ignored)}: the service has its own environment; set Environment= with '${manager} edit ferry.service' and restart it`;
  } catch (error) {
    if (!(error instanceof VarlinkError)) throw error;
    if (error.name !== 'org.varlink.service.PermissionDenied' || set.length === 0) return undefined;
    return `${listed(set)}: the service of the system has its own environment; root can set Environment= with 'systemctl edit ferry.service'`;
  }
}
