import { type ColourMode, chooseColours } from '../colour.js';
import { type Environment, readBoolean } from '../environment.js';

/** Priorities of syslog(3) by name. */
export const priorities = { emerg: 0, alert: 1, crit: 2, err: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;
export type LevelName = keyof typeof priorities;

/** Where messages can go (importctl(1), $SYSTEMD_LOG_TARGET). */
const targets = ['console', 'console-prefixed', 'kmsg', 'journal', 'journal-or-kmsg', 'auto', 'null'] as const;
type LogTarget = (typeof targets)[number];

/** What a level can be given for. Nothing of ours goes to syslog; systemd's tools know the word, so it is no mistake. */
const levelTargets = ['console', 'syslog', 'kmsg', 'journal'] as const;
export type LevelTarget = (typeof levelTargets)[number];

/** What the $SYSTEMD_LOG_… variables, and others about standard error, ask for. */
export interface LogSettings {
  /** Messages with a higher number go nowhere. */
  readonly level: number;
  /** The same for one target. */
  readonly levelOf: Readonly<Partial<Record<LevelTarget, number>>>;
  readonly target: LogTarget;
  readonly colours: ColourMode;
  readonly time: boolean;
  readonly location: boolean;
  readonly threadId: boolean;
  readonly limitKernelRate: boolean;
  /** Device and inode of the journal's stream that standard error was when the program was started (systemd.exec(5)). */
  readonly journalStream: string | undefined;
  /** The zone of the times: $TZ. */
  readonly timeZone: string | undefined;
  /** What could not be understood, a line each in systemd's words: the default holds there. */
  readonly complaints: readonly string[];
}

/** Reads a level as a name or a number from 0 to 7; undefined if it is neither. */
export function parseLevel(text: string): number | undefined {
  if (/^[0-7]$/.test(text)) return Number(text);
  return Object.entries(priorities).find(([name]) => name === text)?.[1];
}

/** As in systemd, an empty list changes nothing and is valid. */
function readLevels(text: string, complaints: string[]): Pick<LogSettings, 'level' | 'levelOf'> {
  let level: number = priorities.info;
  const levelOf: Partial<Record<LevelTarget, number>> = {};
  for (const word of text.split(',').filter(Boolean)) {
    const colon = word.indexOf(':');
    const target = levelTargets.find((candidate) => candidate === word.slice(0, Math.max(0, colon)));
    const parsed = parseLevel(word.slice(colon + 1));
    if (parsed === undefined || (colon >= 0 && target === undefined))
      complaints.push(`Failed to parse log level '${word}', ignoring.`);
    else if (target === undefined) level = parsed;
    else levelOf[target] = parsed;
  }
  return { level, levelOf };
}

function readTarget(text: string | undefined, complaints: string[]): LogTarget {
  const target = targets.find((candidate) => candidate === text);
  if (target === undefined && text !== undefined) complaints.push(`Failed to parse log target '${text}', ignoring.`);
  return target ?? 'auto';
}

/** Reads the variables of importctl(1). */
export function readLogSettings(
  environment: Environment,
  standardError: { readonly isTerminal: boolean },
): LogSettings {
  const complaints: string[] = [];
  const boolean = (variable: string, subject: string, otherwise: boolean): boolean => {
    const text = environment[variable];
    const value = text === undefined ? otherwise : readBoolean(text);
    if (value === undefined) complaints.push(`Failed to parse log ${subject} '${text}', ignoring.`);
    return value ?? otherwise;
  };
  const colour = boolean('SYSTEMD_LOG_COLOR', 'color', true);
  return {
    ...readLevels(environment['SYSTEMD_LOG_LEVEL'] ?? '', complaints),
    target: readTarget(environment['SYSTEMD_LOG_TARGET'], complaints),
    colours: colour ? chooseColours(environment, standardError.isTerminal) : 'off',
    time: boolean('SYSTEMD_LOG_TIME', 'time', false),
    location: boolean('SYSTEMD_LOG_LOCATION', 'location', false),
    threadId: boolean('SYSTEMD_LOG_TID', 'tid', false),
    limitKernelRate: boolean('SYSTEMD_LOG_RATELIMIT_KMSG', 'ratelimit kmsg boolean', true),
    journalStream: environment['JOURNAL_STREAM'],
    timeZone: environment['TZ'],
    complaints,
  };
}
