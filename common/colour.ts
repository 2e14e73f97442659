import { escapeText } from '../varlink/text.js';
import { readBoolean } from './environment.js';

/** How many colours may be used: none, the 16 of every terminal, 256, or all. */
export type ColourMode = 'off' | '16' | '256' | '24bit';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Decides about colours on a stream as systemd does: $SYSTEMD_COLORS, then $NO_COLOR, then what the stream is.
 */
export function chooseColours(env: Environment, isTerminal: boolean): ColourMode {
  const wish = env['SYSTEMD_COLORS'];
  if (wish === '16' || wish === '256' || wish === '24bit') return wish;
  const automatic = wish?.startsWith('auto-') === true ? wish.slice('auto-'.length) : undefined;
  const enabled = wish === undefined ? undefined : readBoolean(wish);
  if (enabled === false) return 'off';
  if (enabled === true) return bestColours(env);
  if ((env['NO_COLOR'] ?? '') !== '' || !isTerminal || isDumb(env)) return 'off';
  return automatic === '16' || automatic === '256' || automatic === '24bit' ? automatic : bestColours(env);
}

function bestColours(env: Environment): ColourMode {
  const term = env['TERM'] ?? '';
  if (env['COLORTERM'] === 'truecolor' || env['COLORTERM'] === '24bit') return '24bit';
  return term === 'linux' || term.endsWith('-16color') ? '16' : '256';
}

/** Whether the terminal understands no control sequences. */
export function isDumb(env: Environment): boolean {
  return (env['TERM'] ?? 'dumb') === 'dumb';
}

/** Whether clickable links may be written. */
export function linksWanted(env: Environment, isTerminal: boolean): boolean {
  const wish = env['SYSTEMD_URLIFY'];
  const decided = wish === undefined ? undefined : readBoolean(wish);
  return decided ?? (isTerminal && !isDumb(env) && chooseColours(env, isTerminal) !== 'off');
}

export type Style = 'error' | 'warning' | 'notice' | 'quiet' | 'good' | 'bad' | 'underlined' | 'location';

const reset = '\x1b[0m';

const basic: Record<Style, string> = {
  error: '\x1b[0;1;31m',
  warning: '\x1b[0;1;33m',
  notice: '\x1b[0;1;39m',
  quiet: '\x1b[0;90m',
  good: '\x1b[0;1;32m',
  bad: '\x1b[0;1;31m',
  underlined: '\x1b[4m',
  location: '\x1b[0;33m',
};

const rich: Partial<Record<Style, string>> = {
  warning: '\x1b[0;1;38:5:185m',
  quiet: '\x1b[0;38:5:245m',
};

/** Wraps text in a style, or leaves it alone where there are no colours. */
export function styled(text: string, style: Style | undefined, mode: ColourMode): string {
  if (mode === 'off' || style === undefined || text === '') return text;
  const start = mode === '16' ? basic[style] : (rich[style] ?? basic[style]);
  return `${start}${text}${reset}`;
}

/** A clickable link (OSC 8) in the form systemd writes it. */
export function link(target: string, text: string): string {
  return `\x1b]8;;${escapeText(target)}\x07${text}\x1b]8;;\x07`;
}
