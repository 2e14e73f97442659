/** What a line of allowed signers limits a key to (ssh-keygen(1), ALLOWED SIGNERS). */
export interface SignerOptions {
  /** Whether it is the key of an authority, whose certificates count. */
  readonly isAuthority: boolean;
  /** Patterns of the namespaces that it signs in. */
  readonly namespaces: string | undefined;
  readonly validAfter: Date | undefined;
  readonly validBefore: Date | undefined;
}

const option = /^(?:(cert-authority)|(namespaces|valid-after|valid-before)="((?:\\"|[^"])*)")(?:,(?=.)|$)/i;

/** Reads options; undefined if one is unknown, given twice or has no sense, which makes the line invalid. */
export function parseOptions(text: string): SignerOptions | undefined {
  const found = new Map<string, string>();
  for (let rest = text; rest !== ''; ) {
    const [all, flag, name, value = ''] = option.exec(rest) ?? [];
    const key = (flag ?? name)?.toLowerCase();
    if (all === undefined || key === undefined || (found.has(key) && !flag)) return undefined;
    found.set(key, value.replaceAll('\\"', '"'));
    rest = rest.slice(all.length);
  }
  const [validAfter, validBefore] = [timeOf(found.get('valid-after')), timeOf(found.get('valid-before'))];
  if (validAfter === 'invalid' || validBefore === 'invalid') return undefined;
  if (validAfter && validBefore && validBefore <= validAfter) return undefined;
  const namespaces = found.get('namespaces');
  return { isAuthority: found.has('cert-authority'), namespaces, validAfter, validBefore };
}

const time = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z|UTC)?$/i;

/** A time as ssh-keygen takes it, in local time unless it ends in Z. */
function timeOf(text: string | undefined): Date | undefined | 'invalid' {
  if (text === undefined) return undefined;
  const match = time.exec(text);
  if (!match) return 'invalid';
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return 'invalid';
  return match[7]
    ? new Date(Date.UTC(year, month - 1, day, hour, minute, second))
    : new Date(year, month - 1, day, hour, minute, second);
}

/** Whether a list of patterns with `*`, `?` and `!` matches (ssh_config(5), PATTERNS). */
export function matchesPatterns(text: string, patterns: string): boolean {
  const list = patterns.split(',');
  const isExcluded = list.some((pattern) => pattern.startsWith('!') && matches(text, pattern.slice(1)));
  return !isExcluded && list.some((pattern) => !pattern.startsWith('!') && matches(text, pattern));
}

function matches(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
