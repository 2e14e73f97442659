import type { KeyFacts } from './keys.js';
import type { Sources } from './sources.js';

/** What another look at the packages finds different, a line each. */
export function changes(before: Sources, after: Sources): string[] {
  return [
    ...differences('package', byName(before), byName(after)),
    ...differences('file', byFile(before), byFile(after)),
    ...differences('key', byKey(before), byKey(after)),
  ];
}

/** The keys that are of no use any more, or soon will not be: those that expire within a year. */
export function expiries({ files }: Sources, now: Date): string[] {
  const today = now.toISOString().slice(0, 10);
  const soon = new Date(now.getTime() + 365 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
  return files.flatMap(({ publisher, keys }) =>
    keys.flatMap(({ fingerprint, expires }) => {
      if (expires === null || expires > soon) return [];
      return [`${publisher}: key ${fingerprint} ${expires <= today ? 'expired' : 'expires'} on ${expires}`];
    }),
  );
}

function byName({ packages }: Sources): Map<string, string> {
  return new Map(
    packages.map(({ name, version, licence, copyrightSha256 }) => [
      name,
      `${version}, ${licence}, copyright ${copyrightSha256}`,
    ]),
  );
}

function byFile({ files }: Sources): Map<string, string> {
  return new Map(files.map((each) => [`${each.file} for ${each.publisher}`, each.sha256]));
}

function byKey({ files }: Sources): Map<string, string> {
  return new Map(
    files.flatMap(({ publisher, keys }) => keys.map((key) => [`${key.fingerprint} of ${publisher}`, keyText(key)])),
  );
}

function keyText({ users, subkeys, expires }: KeyFacts): string {
  return [users.join(', '), ...subkeys.map((subkey) => `subkey ${subkey}`), `expires ${expires ?? 'never'}`].join('; ');
}

function differences(what: string, before: Map<string, string>, after: Map<string, string>): string[] {
  const gone = [...before.keys()].filter((name) => !after.has(name)).map((name) => `${what} ${name}: gone`);
  const rest = [...after].flatMap(([name, text]) => {
    const old = before.get(name);
    if (old === undefined) return [`${what} ${name}: new (${text})`];
    return old === text ? [] : [`${what} ${name}: ${text} (before: ${old})`];
  });
  return [...gone, ...rest];
}
