/** What a server asks for before it answers (RFC 9110 §11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** By name in lower case. Of a name that comes twice the first counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const schemePattern = new RegExp(`[\\s,]*(${token})(?=[\\s,]|$)`, 'y');
const parameterPattern = new RegExp(
  `[\\s,]*(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))(?=[\\s,]|$)`,
  'y',
);
const token68Pattern = /[ \t]+[A-Za-z0-9._~+/-]+=*(?=[\s,]|$)(?!\s*=)/y;

/** Of a header: more is not read. */
const lengthMax = 16 * 1024;

/**
 * Reads the challenges of a WWW-Authenticate header, of which there may be several, and several in one. What cannot be read ends the
 * list.
 */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, lengthMax);
  const challenges: Challenge[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  for (let scheme = take(schemePattern); scheme !== null; scheme = take(schemePattern)) {
    const parameters = new Map<string, string>();
    if (take(parameterPattern) === null) take(token68Pattern);
    else position = schemePattern.lastIndex;
    for (let match = take(parameterPattern); match !== null; match = take(parameterPattern)) {
      const [, name = '', quoted, plain = ''] = match;
      const key = name.toLowerCase();
      if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain);
    }
    challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters });
  }
  return challenges;
}
