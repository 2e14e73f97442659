import type { ClientEnvironment, PagerSettings, TerminalSettings } from '../cli/environment.js';

/** What decides about a pager. */
export interface PagerFacts {
  readonly environment: Pick<ClientEnvironment, 'pager' | 'terminal'>;
  /** --no-pager was not given. */
  readonly wanted: boolean;
  readonly outputIsTerminal: boolean;
  readonly effectiveUserId: number;
  /** Owner of the login session; undefined if there is none. */
  readonly sessionOwner: number | undefined;
}

/** Which pagers to try, in turn, and how. */
export interface PagerPlan {
  readonly candidates: readonly (readonly string[])[];
  /** To be added to the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ctrl-C belongs to the pager: $SYSTEMD_LESS has no K. */
  readonly ignoreInterrupt: boolean;
}

/**
 * Decides about the pager as the manual page says ($SYSTEMD_PAGER, $PAGER, $SYSTEMD_LESS, $SYSTEMD_LESSCHARSET,
 * $SYSTEMD_PAGERSECURE).
 *
 * @returns undefined for no pager
 */
export function choosePager(facts: PagerFacts): PagerPlan | undefined {
  const { pager, terminal } = facts.environment;
  const { command } = pager;
  if (!facts.wanted || !facts.outputIsTerminal || terminal.isDumb) return undefined;
  if (command !== undefined && (command.trim() === '' || command.trim() === 'cat')) return undefined;
  const secure = pager.secure ?? privilegesRaised(facts);
  const known = secure ? [['less']] : [['pager'], ['less'], ['more']];
  const candidates = pager.secure !== undefined && command !== undefined ? [splitWords(command), ...known] : known;
  const less = pager.lessOptions;
  return {
    candidates: candidates.filter((words) => words.length > 0),
    environment: { LESS: less, ...characterSet(pager, terminal), LESSSECURE: secure ? '1' : '0' },
    ignoreInterrupt: !less.includes('K'),
  };
}

/** sudo and the like: then a pager that can start a shell is a way around the rules. */
function privilegesRaised(facts: PagerFacts): boolean {
  return facts.environment.pager.isUnderSudo || facts.sessionOwner !== facts.effectiveUserId;
}

function characterSet({ lessCharacterSet }: PagerSettings, { isUtf8 }: TerminalSettings): Record<string, string> {
  const chosen = lessCharacterSet ?? (isUtf8 ? 'utf-8' : undefined);
  return chosen === undefined ? {} : { LESSCHARSET: chosen };
}

/** Splits a command at white space; quotes and backslashes protect, no shell is involved. */
export function splitWords(command: string): string[] {
  const words = command.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g, (_, double?: string, single?: string, escaped?: string) =>
      double !== undefined ? double.replace(/\\(.)/g, '$1') : (single ?? escaped ?? ''),
    ),
  );
}

/**
 * Finds the owner of the login session in /proc/self/cgroup, as sd_pid_get_owner_uid(3) does.
 *
 * @param cgroup contents of that file
 */
export function sessionOwnerOf(cgroup: string): number | undefined {
  const match = /\/user-(\d+)\.slice(?:\/|$)/m.exec(cgroup);
  return match === null ? undefined : Number(match[1]);
}
