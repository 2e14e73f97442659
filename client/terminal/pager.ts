import { isDumb } from '../../common/colour.js';
import { readBoolean } from '../../common/environment.js';

/** What decides about a pager. */
export interface PagerFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
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
  const { env } = facts;
  const chosen = env['SYSTEMD_PAGER'] ?? env['PAGER'];
  if (!facts.wanted || !facts.outputIsTerminal || isDumb(env)) return undefined;
  if (chosen !== undefined && (chosen.trim() === '' || chosen.trim() === 'cat')) return undefined;
  const explicit = env['SYSTEMD_PAGERSECURE'] === undefined ? undefined : readBoolean(env['SYSTEMD_PAGERSECURE']);
  const secure = explicit ?? privilegesRaised(facts);
  const known = secure ? [['less']] : [['pager'], ['less'], ['more']];
  const candidates = explicit !== undefined && chosen !== undefined ? [splitWords(chosen), ...known] : known;
  const less = env['SYSTEMD_LESS'] ?? 'FRSXMK';
  return {
    candidates: candidates.filter((words) => words.length > 0),
    environment: { LESS: less, ...characterSet(env), LESSSECURE: secure ? '1' : '0' },
    ignoreInterrupt: !less.includes('K'),
  };
}

/** sudo and the like: then a pager that can start a shell is a way around the rules. */
function privilegesRaised(facts: PagerFacts): boolean {
  return facts.env['SUDO_UID'] !== undefined || facts.sessionOwner !== facts.effectiveUserId;
}

function characterSet(env: PagerFacts['env']): Record<string, string> {
  const chosen = env['SYSTEMD_LESSCHARSET'] ?? (isUtf8(env) ? 'utf-8' : undefined);
  return chosen === undefined ? {} : { LESSCHARSET: chosen };
}

/** Whether the locale is a UTF-8 one, by the rules of setlocale(3). */
export function isUtf8(env: PagerFacts['env']): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((name) => name !== undefined && name !== '');
  return /utf-?8/i.test(locale ?? '');
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
