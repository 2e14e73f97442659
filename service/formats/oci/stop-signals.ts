/** By number, as systemd calls them (signal-util.c). */
// biome-ignore format: as a table
const names = [
  'HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE',
  'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE', 'ALRM', 'TERM', 'STKFLT',
  'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU',
  'XFSZ', 'VTALRM', 'PROF', 'WINCH', 'IO', 'PWR', 'SYS',
];

const aliases: Readonly<Record<string, string>> = { CLD: 'CHLD', IOT: 'ABRT', POLL: 'IO' };

/** SIGRTMIN and SIGRTMAX of the C libraries: the two below are theirs. */
const [firstRealTime, lastRealTime] = [34, 64];

function byNumber(number: number): string | undefined {
  if (number >= firstRealTime && number <= lastRealTime) return `RTMIN+${number - firstRealTime}`;
  return names[number - 1];
}

/**
 * A signal as KillSignal= of systemd.nspawn(5) wants it; undefined for what is not one.
 *
 * @param text a name in capitals or not, with or without SIG, RTMIN[+N], RTMAX[-N], or a number
 */
export function signalName(text: string): string | undefined {
  const name = text.trim().toUpperCase().replace(/^SIG/, '');
  if (/^\d{1,2}$/.test(name)) return byNumber(Number(name));
  const [, up, down] = /^RT(?:MIN(?:\+(\d{1,2}))?|MAX(?:-(\d{1,2}))?)$/.exec(name) ?? [];
  if (name.startsWith('RTMIN')) return realTime(name === 'RTMIN' ? firstRealTime : firstRealTime + Number(up));
  if (name.startsWith('RTMAX')) return realTime(name === 'RTMAX' ? lastRealTime : lastRealTime - Number(down));
  const known = aliases[name] ?? name;
  return names.includes(known) ? known : undefined;
}

function realTime(number: number): string | undefined {
  return number >= firstRealTime && number <= lastRealTime ? byNumber(number) : undefined;
}
