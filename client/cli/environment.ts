import { join } from 'node:path';
import { type ColourMode, chooseColours, isDumb, linksWanted } from '../../common/colour.js';
import { type Environment, readBoolean } from '../../common/environment.js';

/** What the client itself is told by its environment, read once. Programs that it starts get the whole of it: see ProcessContext. */
export interface ClientEnvironment {
  /** Where programs are looked for ($PATH). */
  readonly searchPath: string | undefined;
  /** The ssh(1) to use: a name or a path ($SYSTEMD_SSH). */
  readonly ssh: string;
  /** As it was given, '' if it was not: who uses it has to check it ($XDG_RUNTIME_DIR). */
  readonly runtimeDirectory: string;
  /** In which times are shown ($TZ). */
  readonly timeZone: string | undefined;
  readonly terminal: TerminalSettings;
  readonly pager: PagerSettings;
  readonly logins: LoginPlaces;
}

/** Where logins for registries are. */
export interface LoginPlaces {
  /** The only file that counts, if it is named ($REGISTRY_AUTH_FILE). */
  readonly authFile: string | undefined;
  /** The directory that `containers/auth.json` is in while the user is logged in ($XDG_RUNTIME_DIR). */
  readonly runtime: string | undefined;
  /** The files that stay, in the order of containers-auth.json(5) ($XDG_CONFIG_HOME, $DOCKER_CONFIG, $HOME). */
  readonly files: readonly string[];
  /** $NETRC, else that of $HOME. */
  readonly netrc: string | undefined;
}

/** How a terminal may be written to. */
export interface TerminalSettings {
  /** It understands no control sequences ($TERM). */
  readonly isDumb: boolean;
  /** The locale is a UTF-8 one, by the rules of setlocale(3). */
  readonly isUtf8: boolean;
  coloursOf(stream: { readonly isTerminal: boolean }): ColourMode;
  linksOf(stream: { readonly isTerminal: boolean }): boolean;
}

/** What is said about pagers, as in the manual page. */
export interface PagerSettings {
  /** A command line; undefined for the usual ones ($SYSTEMD_PAGER, $PAGER). */
  readonly command: string | undefined;
  /** Undefined if nothing is said ($SYSTEMD_PAGERSECURE). */
  readonly secure: boolean | undefined;
  /** Whether sudo(8) started the client ($SUDO_UID). */
  readonly isUnderSudo: boolean;
  /** Options of less(1) ($SYSTEMD_LESS). */
  readonly lessOptions: string;
  /** Undefined for that of the locale ($SYSTEMD_LESSCHARSET). */
  readonly lessCharacterSet: string | undefined;
}

export function readClientEnvironment(variables: Environment): ClientEnvironment {
  return {
    searchPath: variables['PATH'],
    ssh: variables['SYSTEMD_SSH'] || 'ssh',
    runtimeDirectory: variables['XDG_RUNTIME_DIR'] ?? '',
    timeZone: variables['TZ'],
    terminal: readTerminalSettings(variables),
    pager: readPagerSettings(variables),
    logins: readLoginPlaces(variables),
  };
}

function readLoginPlaces(variables: Environment): LoginPlaces {
  const atHome = (name: string) => (variables['HOME'] ? join(variables['HOME'], name) : undefined);
  const configuration = variables['XDG_CONFIG_HOME'] || atHome('.config');
  const docker = variables['DOCKER_CONFIG'] || atHome('.docker');
  return {
    authFile: variables['REGISTRY_AUTH_FILE'] || undefined,
    runtime: variables['XDG_RUNTIME_DIR'] || undefined,
    files: [
      ...(configuration ? [join(configuration, 'containers/auth.json')] : []),
      ...(docker ? [join(docker, 'config.json')] : []),
    ],
    netrc: variables['NETRC'] || atHome('.netrc'),
  };
}

function readTerminalSettings(variables: Environment): TerminalSettings {
  return {
    isDumb: isDumb(variables),
    isUtf8: isUtf8(variables),
    coloursOf: ({ isTerminal }) => chooseColours(variables, isTerminal),
    linksOf: ({ isTerminal }) => linksWanted(variables, isTerminal),
  };
}

function isUtf8(variables: Environment): boolean {
  const locale = [variables['LC_ALL'], variables['LC_CTYPE'], variables['LANG']].find(
    (name) => name !== undefined && name !== '',
  );
  return /utf-?8/i.test(locale ?? '');
}

function readPagerSettings(variables: Environment): PagerSettings {
  return {
    command: variables['SYSTEMD_PAGER'] ?? variables['PAGER'],
    secure: variables['SYSTEMD_PAGERSECURE'] === undefined ? undefined : readBoolean(variables['SYSTEMD_PAGERSECURE']),
    isUnderSudo: variables['SUDO_UID'] !== undefined,
    lessOptions: variables['SYSTEMD_LESS'] ?? 'FRSXMK',
    lessCharacterSet: variables['SYSTEMD_LESSCHARSET'],
  };
}
