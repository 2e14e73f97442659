import { readBoolean } from '../../common/environment.js';

/** Priorities of syslog(3) by name. */
export const priorities = { emerg: 0, alert: 1, crit: 2, err: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;

/** LOG_DAEMON of syslog(3), which systemd's tools log as. */
export const facility = 3 << 3;

export const logTargets = [
  'console',
  'console-prefixed',
  'kmsg',
  'journal',
  'journal-or-kmsg',
  'auto',
  'null',
] as const;
export type LogTarget = (typeof logTargets)[number];

const levelTargets = ['console', 'syslog', 'kmsg', 'journal'] as const;
export type LevelTarget = (typeof levelTargets)[number];

/** What the $SYSTEMD_LOG_… variables ask for. */
export interface LogSettings {
  /** Messages with a higher number are not written anywhere. */
  readonly maximum: number;
  /** The same for one target only. */
  readonly maximumOf: Readonly<Partial<Record<LevelTarget, number>>>;
  readonly target: LogTarget;
  readonly colour: boolean;
  readonly time: boolean;
  readonly location: boolean;
  readonly threadId: boolean;
  readonly rateLimitKernel: boolean;
  /** What could not be understood, a line each; the default holds there. */
  readonly complaints: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the variables of the manual page; a bad value keeps the default and makes a complaint. */
export function readLogSettings(env: Environment): LogSettings {
  const complaints: string[] = [];
  const boolean = (variable: string, subject: string, otherwise: boolean): boolean => {
    const text = env[variable];
    const value = text === undefined ? otherwise : readBoolean(text);
    if (value === undefined) complaints.push(`Failed to parse log ${subject} '${text}', ignoring.`);
    return value ?? otherwise;
  };
  const levels = readLevels(env['SYSTEMD_LOG_LEVEL'], complaints);
  return {
    ...levels,
    target: readTarget(env['SYSTEMD_LOG_TARGET'], complaints),
    colour: boolean('SYSTEMD_LOG_COLOR', 'color', true),
    time: boolean('SYSTEMD_LOG_TIME', 'time', false),
    location: boolean('SYSTEMD_LOG_LOCATION', 'location', false),
    threadId: boolean('SYSTEMD_LOG_TID', 'tid', false),
    rateLimitKernel: boolean('SYSTEMD_LOG_RATELIMIT_KMSG', 'ratelimit kmsg boolean', true),
    complaints,
  };
}

/** A level by name or number; undefined if it is neither. */
export function readLevel(text: string): number | undefined {
  if (/^[0-7]$/.test(text)) return Number(text);
  return Object.entries(priorities).find(([name]) => name === text)?.[1];
}

function readLevels(text: string | undefined, complaints: string[]): Pick<LogSettings, 'maximum' | 'maximumOf'> {
  let maximum: number = priorities.info;
  const maximumOf: Partial<Record<LevelTarget, number>> = {};
  for (const word of text === undefined ? [] : text.split(',')) {
    const colon = word.indexOf(':');
    const target = levelTargets.find((candidate) => candidate === word.slice(0, Math.max(0, colon)));
    const level = readLevel(colon < 0 ? word : word.slice(colon + 1));
    if (level === undefined || (colon >= 0 && target === undefined)) {
      complaints.push(`Failed to parse log level '${word}', ignoring.`);
    } else if (target === undefined) maximum = level;
    else maximumOf[target] = level;
  }
  return { maximum, maximumOf };
}

function readTarget(text: string | undefined, complaints: string[]): LogTarget {
  if (text === undefined) return 'auto';
  const target = logTargets.find((candidate) => candidate === text);
  if (target === undefined) complaints.push(`Failed to parse log target '${text}', ignoring.`);
  return target ?? 'auto';
}
