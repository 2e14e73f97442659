/** What a .nspawn file says that a container elsewhere can be started with (systemd.nspawn(5)). */
export interface ContainerSettings {
  /** Whether an init system is started; undefined if the file does not say. */
  readonly boot: boolean | undefined;
  /** The command line, or what the init system is given; undefined if the file does not say. */
  readonly parameters: readonly string[] | undefined;
  /** NAME=VALUE, each name once. */
  readonly environment: readonly string[];
  readonly user: string | undefined;
  readonly workingDirectory: string | undefined;
  /** Such as SIGTERM. */
  readonly killSignal: string | undefined;
  /** Ports inside, such as 80/tcp. */
  readonly ports: readonly string[];
}

const truths = /^(1|y|yes|t|true|on)$/i;
const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
};

/** The values of each key of each section, `Section.Key`, in order. An empty one takes back those before it. */
function readKeys(text: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  let section = '';
  for (const line of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#') || bare.startsWith(';')) continue;
    const [, header] = /^\[(.*)\]$/.exec(bare) ?? [];
    if (header !== undefined) section = header;
    const [, key, value = ''] = /^([A-Za-z]+)\s*=\s*(.*)$/.exec(bare) ?? [];
    if (header !== undefined || key === undefined) continue;
    const name = `${section}.${key}`;
    if (value === '') values.set(name, []);
    else values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}

function unescaped(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{2}|[0-7]{3}|.)/gs, (_, code: string) => {
    if (code.length === 1) return escapes[code] ?? code;
    return String.fromCharCode(code.startsWith('x') ? Number.parseInt(code.slice(1), 16) : Number.parseInt(code, 8));
  });
}

/** Words as systemd splits them: quotes hold several together, backslashes as in C. */
function splitWords(text: string): string[] {
  const words = text.match(/(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\.|[^\s"'\\])+/gs) ?? [];
  return words.map((word) =>
    word.replace(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|((?:\\.|[^"'\\])+)/gs, (_, double, single, bare) =>
      unescaped(double ?? single ?? bare),
    ),
  );
}

/** The last value of each variable, where its name first was. */
function mergeVariables(variables: readonly string[]): string[] {
  const merged = new Map(variables.map((each) => [each.slice(0, each.indexOf('=')), each]));
  return [...merged.values()];
}

/** The port inside of `[tcp:|udp:]HOST[:INSIDE]`. */
function portInside(text: string): string[] {
  const [, protocol = 'tcp', host, inside = host] = /^(?:(tcp|udp):)?(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  return inside === undefined ? [] : [`${Number(inside)}/${protocol}`];
}

/** Reads a .nspawn file. What a container elsewhere cannot have, such as directories of this host, is left out. */
export function readContainerSettings(text: string): ContainerSettings {
  const keys = readKeys(text);
  const all = (key: string): readonly string[] => keys.get(key) ?? [];
  const words = (key: string): string[] => all(key).flatMap(splitWords);
  const boot = all('Exec.Boot').at(-1);
  return {
    boot: boot === undefined ? undefined : truths.test(boot),
    parameters: all('Exec.Parameters').length === 0 ? undefined : words('Exec.Parameters'),
    environment: mergeVariables(words('Exec.Environment').filter((word) => /^[^=]+=/.test(word))),
    user: all('Exec.User').at(-1),
    workingDirectory: all('Exec.WorkingDirectory').at(-1),
    killSignal: all('Exec.KillSignal').at(-1),
    ports: [...new Set(all('Network.Port').flatMap(portInside))].sort(),
  };
}
