export interface Login {
  readonly user: string;
  readonly password: string;
}

/**
 * The login for a host in the text of a netrc file, as netrc(5) and curl(1) read it: the first `machine` entry of that
 * name, else `default`. `macdef` bodies are skipped; words may be quoted.
 */
export function findLogin(text: string, host: string): Login | undefined {
  for (const entry of parseNetrc(text)) {
    if (entry.host === undefined || entry.host.toLowerCase() === host.toLowerCase()) {
      return { user: entry.user, password: entry.password };
    }
  }
  return undefined;
}

interface NetrcMachine {
  /** undefined: for every host. */
  readonly host: string | undefined;
  user: string;
  password: string;
}

function parseNetrc(text: string): NetrcMachine[] {
  const entries: NetrcMachine[] = [];
  const tokens = words(text.replace(/^[ \t]*macdef[\s\S]*?(?:\n[ \t]*\n|$(?![\s\S]))/gm, '\n'));
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    const current = entries.at(-1);
    if (token === 'default') entries.push({ host: undefined, user: '', password: '' });
    else if (token === 'machine') entries.push({ host: tokens[++index] ?? '', user: '', password: '' });
    else if (token === 'login' && current) current.user = tokens[++index] ?? '';
    else if (token === 'password' && current) current.password = tokens[++index] ?? '';
    else if (token === 'account') index++;
  }
  return entries;
}

function words(text: string): string[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  return [...lines.join('\n').matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(([word, quoted]) =>
    quoted === undefined ? word : quoted.replace(/\\(.)/g, '$1'),
  );
}
