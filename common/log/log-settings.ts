import { booleanSetting } from '../environment.js';

/** Priorities of syslog(3). */
export const priorities = { error: 3, warning: 4, notice: 5, information: 6, debug: 7 } as const;

const levelNames = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

/** Where messages can go (importctl(1), $SYSTEMD_LOG_TARGET). */
const targets = ['console', 'console-prefixed', 'kmsg', 'journal', 'journal-or-kmsg', 'auto', 'null'] as const;
export type LogTarget = (typeof targets)[number];

/** What a level can be given for. Nothing of ours goes to syslog; systemd's tools know the word, so it is no mistake. */
const levelTargets = ['console', 'syslog', 'kmsg', 'journal'] as const;
export type LevelTarget = (typeof levelTargets)[number];

/** What the $SYSTEMD_LOG_… variables ask for. */
export interface LogSettings {
  /** Messages with a higher number go nowhere. */
  level: number;
  /** The same for one target. */
  levelOf: Readonly<Partial<Record<LevelTarget, number>>>;
  target: LogTarget;
  colour: boolean;
  time: boolean;
  location: boolean;
  threadId: boolean;
  limitKernelRate: boolean;
  /** What could not be understood, a line each: the default holds there. */
  complaints: string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a level as a name or a number from 0 to 7; null if it is neither. */
export function parseLevel(text: string): number | null {
  const named = levelNames.indexOf(text);
  if (named >= 0) return named;
  return /^[0-7]$/.test(text) ? Number(text) : null;
}

function readLevels(text: string, complaints: string[]): Pick<LogSettings, 'level' | 'levelOf'> {
  let level: number = priorities.information;
  const levelOf: Partial<Record<LevelTarget, number>> = {};
  for (const word of text === '' ? [] : text.split(',')) {
    const [name, prefix] = word.split(':').reverse();
    const target = levelTargets.find((candidate) => candidate === prefix);
    const parsed = parseLevel(name ?? '');
    if (parsed === null || (prefix !== undefined && target === undefined) || word.split(':').length > 2)
      complaints.push(`SYSTEMD_LOG_LEVEL: '${word}' is not a log level; ignored`);
    else if (target === undefined) level = parsed;
    else levelOf[target] = parsed;
  }
  return { level, levelOf };
}

function readTarget(text: string | undefined, complaints: string[]): LogTarget {
  const target = targets.find((candidate) => candidate === text);
  if (target === undefined && text !== undefined) {
    complaints.push(`SYSTEMD_LOG_TARGET: '${text}' is not a log target; expected ${targets.join(', ')}`);
  }
  return target ?? 'auto';
}

/** Booleans that others read, later and without a word. What cannot be understood is told here, once. */
const otherBooleans = [
  ['SYSTEMD_IMPORT_BTRFS_SUBVOL', true],
  ['SYSTEMD_IMPORT_BTRFS_QUOTA', false],
  ['SYSTEMD_IMPORT_SYNC', true],
  ['SYSTEMD_EXIT_ON_IDLE', true],
] as const;

/** Reads the variables of importctl(1). */
export function readLogSettings(environment: Environment): LogSettings {
  const complaints: string[] = [];
  const boolean = (variable: string, otherwise: boolean): boolean => {
    const isUnderstood = booleanSetting(environment, variable, true) === booleanSetting(environment, variable, false);
    const text = environment[variable];
    if (text !== undefined && !isUnderstood)
      complaints.push(`${variable}: '${text}' is not a boolean; it stays ${otherwise ? 'on' : 'off'}`);
    return booleanSetting(environment, variable, otherwise);
  };
  for (const [variable, otherwise] of otherBooleans) boolean(variable, otherwise);
  return {
    ...readLevels(environment['SYSTEMD_LOG_LEVEL'] ?? '', complaints),
    target: readTarget(environment['SYSTEMD_LOG_TARGET'], complaints),
    colour: boolean('SYSTEMD_LOG_COLOR', true),
    time: boolean('SYSTEMD_LOG_TIME', false),
    location: boolean('SYSTEMD_LOG_LOCATION', false),
    threadId: boolean('SYSTEMD_LOG_TID', false),
    limitKernelRate: boolean('SYSTEMD_LOG_RATELIMIT_KMSG', true),
    complaints,
  };
}
