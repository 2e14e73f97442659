import { type Catalogue, catalogues } from './catalogues.js';
import { publishers } from './publishers.js';
import type { SourceFile, Sources } from './sources.js';

/** Where Ferry's own trust is explained. */
export const pagePath = 'docs/publishers.md';

/** The page about publishers: what they sign, and the keys that are shipped. */
export function publishersPage(sources: Sources): string {
  const parts = [
    introduction,
    '## What each publisher signs',
    table(
      ['publisher', 'signature', 'checksum', 'key', 'key on hosts', 'what you have to do'],
      catalogues.map((each) => catalogueRow(each, sources)),
    ),
    changing,
    '## The addresses and their keys',
    'A URL below one of these addresses is judged by these keys only. They vouch for no other URL.',
    table(['entry', 'addresses', 'optional keyrings of the host'], publishers.map(entryRow)),
    table(['entry', 'fingerprint', 'key', 'expires', 'package'], sources.files.flatMap(keyRows)),
    '## The packages',
    'All of these licences allow the keys to be redistributed. `trust/sources.json` has the digest of each file.',
    table(
      ['package', 'version', 'licence of the keys'],
      sources.packages.map(({ name, version, licence }) => [`\`${name}\``, version, licence]),
    ),
    renewing,
  ];
  return `${parts.join('\n\n')}\n`;
}

const introduction = `<!-- Written by 'npm run generate' from tools/trust/ and trust/sources.json. -->
# Publishers and their keys

Ferry ships trust entries for the publishers whose keys are in packages that Debian distributes. Images of these publishers verify with
the default \`--verify=signature\` and no setup. The entries are in \`/usr/lib/ferry/trust.d\`; when Ferry runs from a clone, in
\`dist/trust.d\`.`;

const changing = `## Change an entry

An entry sets no minimum (\`Verify=\`): \`--verify=checksum\` and \`--keyring=\` work as they do for any other URL. To demand signatures of a
publisher, write an entry of your own, which takes precedence over the shipped one:

\`\`\`text
# /etc/ferry/trust.d/my-fedora.conf
[Trust]
URL=https://download.fedoraproject.org/
Keyring=/usr/lib/ferry/trust.d/fedora.asc
Verify=signature
\`\`\`

A keyring with a \`-\` before its path is optional: it is skipped if the host does not have it, or if it contains no key that can be read.

To drop an entry, mask it: \`ln -s /dev/null /etc/ferry/trust.d/fedora.conf\`. The general keyrings decide then, which are
\`/etc/systemd/import-pubring.pgp\` and \`/usr/lib/systemd/import-pubring.pgp\`. They decide for every URL without an entry, and for no URL
with one. With \`$SYSTEMD_OPENPGP_KEYRING\` set, that keyring replaces both the general keyrings and the shipped entries.`;

const renewing = `## Renew the keys

\`\`\`sh
npm run trust -- --check    # what has changed in the packages of Debian sid, and which keys expire within a year
npm run trust               # take it over
npm run generate            # the entries and this page
\`\`\`

The packages come from the mirror that apt is configured with. \`--suite=\` selects another suite, and \`--packages=DIRECTORY\` takes
\`.deb\` files from a directory. The keyrings contain each key with its user IDs, the newest signature by itself, its subkeys for signing,
and its revocations; the same packages give the same bytes. Keys that had expired or were revoked when their package was built are left out.`;

function catalogueRow(
  { name, signature, checksum, entry, key = '', keyOnHosts, toDo }: Catalogue,
  sources: Sources,
): string[] {
  const packages = sources.files.filter(({ publisher }) => publisher === entry).map((file) => `\`${file.package}\``);
  return [name, signature, checksum, entry === undefined ? key : [...new Set(packages)].join(', '), keyOnHosts, toDo];
}

function entryRow({ name, urls, hostKeyrings }: (typeof publishers)[number]): string[] {
  return [`\`${name}\``, lines(urls), lines(hostKeyrings) || '–'];
}

function keyRows({ publisher, package: from, keys }: SourceFile): string[][] {
  return keys.map(({ fingerprint, users, expires }) => [
    `\`${publisher}\``,
    `\`${fingerprint}\``,
    (users[0] ?? '').replaceAll(/[<>]/g, ''),
    expires ?? 'never',
    `\`${from}\``,
  ]);
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join('<br>');
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(headings), `|${'---|'.repeat(headings.length)}`, ...rows.map(line)].join('\n');
}
