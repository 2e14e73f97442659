import { like } from '../support/like.js';
import { hasAbsoluteName } from '../support/texts/formats.js';
import { below, type HostileArchive } from './archives/cases.js';
import { damagedAttributes, damagedSparse } from './archives/hostile-content.js';
import { damagedHeaders } from './archives/hostile-headers.js';
import { archive, directory, file, hardLink, longName, pax, symbolicLink } from './tar.js';

const leadsOut = { kind: 'Corrupt', says: /leads out of the image/ } as const;
const absolute = { kind: 'Corrupt', says: like`${hasAbsoluteName}` } as const;
const badLink = { kind: 'Corrupt', says: /is a hard link to/ } as const;

/** Archives that try to write, link or change something outside. */
export const escapes: readonly HostileArchive[] = [
  { name: 'dot-dot', bytes: () => archive(file('../victim', 'x')), failure: leadsOut },
  { name: 'dot-dot inside', bytes: () => archive(directory('a'), file('a/../../victim', 'x')), failure: leadsOut },
  { name: 'dot-dot at the end', bytes: () => archive(directory('a/..', { mode: 0o777 })), failure: leadsOut },
  { name: 'dot-dot that stays inside', bytes: () => archive(file('a/../b', 'x')), failure: leadsOut },
  {
    name: 'dot-dot in a pax path',
    bytes: () => archive(pax([['path', '../victim']]), file('a', 'x')),
    failure: leadsOut,
  },
  { name: 'dot-dot in a long name', bytes: () => archive(longName('../victim'), file('a', 'x')), failure: leadsOut },
  { name: 'dot-dot in a prefix', bytes: () => archive(file('victim', 'x', { prefix: '..' })), failure: leadsOut },
  {
    name: 'dot-dot in a sparse name',
    bytes: () =>
      archive(
        pax([
          ['GNU.sparse.map', ''],
          ['GNU.sparse.size', '0'],
          ['GNU.sparse.name', '../victim'],
        ]),
        file('a'),
      ),
    failure: leadsOut,
  },
  { name: 'absolute name', bytes: (outside) => archive(file(`${outside}/new`, 'x')), failure: absolute },
  { name: 'absolute name of a directory', bytes: (outside) => archive(directory(`${outside}/`)), failure: absolute },
  { name: 'nothing but a slash', bytes: () => archive(directory('/')), failure: absolute },
  { name: 'many leading slashes', bytes: (outside) => archive(file(`//.//${outside}/new`, 'x')), failure: absolute },
  {
    name: 'file below an absolute symbolic link',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/target`), file('l/evil', 'x')),
    failure: below,
  },
  {
    name: 'file below a relative symbolic link',
    bytes: () => archive(symbolicLink('l', '../outside/target'), file('l/evil', 'x')),
    failure: below,
  },
  {
    name: 'file below a symbolic link that stays inside',
    bytes: () => archive(directory('d'), symbolicLink('l', 'd'), file('l/x', 'x')),
    failure: null,
  },
  {
    name: 'file below nested symbolic links',
    bytes: () => archive(directory('a'), symbolicLink('a/l', '../../outside/target'), file('a/l/./evil', 'x')),
    failure: below,
  },
  {
    name: 'file in a directory below an absolute symbolic link',
    bytes: (outside) => archive(symbolicLink('l', outside), file('l/target/evil', 'x')),
    failure: below,
  },
  {
    name: 'file in a directory below a symbolic link that stays inside',
    bytes: () => archive(directory('d/sub'), symbolicLink('l', 'd'), file('l/sub/x', 'x')),
    failure: null,
  },
  {
    name: 'hard link in a directory below a symbolic link',
    bytes: (outside) => archive(symbolicLink('l', outside), hardLink('h', 'l/target/victim')),
    failure: badLink,
  },
  {
    name: 'hard link in a directory below a symbolic link that stays inside',
    bytes: () => archive(file('d/sub/x', 'x'), symbolicLink('l', 'd'), hardLink('h', 'l/sub/x')),
    failure: null,
  },
  {
    name: 'chain of symbolic links',
    bytes: () => archive(symbolicLink('a', '..'), symbolicLink('b', 'a/outside'), file('b/evil', 'x')),
    failure: below,
  },
  {
    name: 'symbolic link to the root',
    bytes: () => archive(symbolicLink('l', '/'), file('l/tmp/evil', 'x')),
    failure: null,
  },
  {
    name: 'file below a link that leads out of the root and back by dot-dot',
    bytes: () => archive(directory('d'), symbolicLink('l', '../../../d'), file('l/x', 'x')),
    failure: null,
  },
  {
    name: 'file below a link to nothing',
    bytes: () => archive(symbolicLink('l', 'd'), file('l/x', 'x')),
    failure: below,
  },
  {
    name: 'file below a link to a file',
    bytes: () => archive(file('f'), symbolicLink('l', 'f'), file('l/x', 'x')),
    failure: below,
  },
  {
    name: 'file below links that lead to each other',
    bytes: () => archive(symbolicLink('a', 'b'), symbolicLink('b', 'a'), file('a/x', 'x')),
    failure: below,
  },
  {
    name: 'file below a link to itself',
    bytes: () => archive(symbolicLink('l', 'l/l'), file('l/x', 'x')),
    failure: below,
  },
  {
    name: 'file below more links than the kernel follows',
    bytes: () =>
      archive(
        directory('d'),
        symbolicLink('l0', 'd'),
        ...Array.from({ length: 41 }, (_, index) => symbolicLink(`l${index + 1}`, `l${index}`)),
        file('l41/x', 'x'),
      ),
    failure: below,
  },
  {
    name: 'file below a link that was one inside when it was followed before',
    bytes: (outside) =>
      archive(
        directory('d'),
        symbolicLink('l', 'd'),
        file('l/x', 'x'),
        symbolicLink('l', `${outside}/target`),
        file('l/evil', 'x'),
      ),
    failure: below,
  },
  {
    name: 'file below a link to the file systems of a host',
    bytes: () => archive(symbolicLink('l', '/proc/self/root'), file('l/evil', 'x')),
    failure: below,
  },
  {
    name: 'hard link to a file that only a link leads to',
    bytes: (outside) => archive(directory('d'), symbolicLink('d/l', outside), hardLink('h', 'd/l/victim')),
    failure: badLink,
  },
  {
    name: 'hard link with content to a symbolic link',
    bytes: (outside) =>
      archive(symbolicLink('l', `${outside}/victim`), hardLink('h', 'l', { size: 4 }), file('after', 'x')),
    failure: null,
  },
  {
    name: 'file over a symbolic link to a file',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/victim`), file('l', 'overwritten')),
    failure: null,
  },
  {
    name: 'directory over a symbolic link to a directory',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/target`), directory('l', { mode: 0o777 })),
    failure: null,
  },
  {
    name: 'directory below a symbolic link',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/target`), directory('l/sub', { mode: 0o777 })),
    failure: below,
  },
  {
    name: 'directory left, replaced by a symbolic link, entered again',
    bytes: (outside) =>
      archive(directory('d'), file('d/x', '1'), symbolicLink('d', `${outside}/target`), file('d/evil', 'x')),
    failure: { kind: 'Corrupt', says: /would replace a directory that is not empty/ },
  },
  {
    name: 'empty directory replaced by a symbolic link while it is open',
    bytes: (outside) => archive(directory('d'), symbolicLink('d', `${outside}/target`), file('d/evil', 'x')),
    failure: below,
  },
  {
    name: 'empty directory replaced by a symbolic link, metadata last',
    bytes: (outside) => archive(directory('d', { mode: 0o777, user: 5 }), symbolicLink('d', `${outside}/target`)),
    failure: null,
  },
  {
    name: 'hard link to an absolute path',
    bytes: (outside) => archive(hardLink('h', `${outside}/victim`), file('h', 'overwritten')),
    failure: absolute,
  },
  { name: 'hard link with dot-dot', bytes: () => archive(hardLink('h', '../outside/victim')), failure: leadsOut },
  {
    name: 'hard link through a symbolic link',
    bytes: (outside) => archive(symbolicLink('l', `${outside}`), hardLink('h', 'l/victim', { mode: 0o777 })),
    failure: badLink,
  },
  {
    name: 'hard link to a symbolic link, then written to',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/victim`), hardLink('h', 'l'), file('h', 'overwritten')),
    failure: null,
  },
  {
    name: 'hard link to a symbolic link, mode and time of the link',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/target`), hardLink('h', 'l', { mode: 0o777 })),
    failure: null,
  },
  { name: 'hard link to a directory', bytes: () => archive(directory('d'), hardLink('h', 'd')), failure: badLink },
  { name: 'hard link to the root', bytes: () => archive(hardLink('h', '.')), failure: badLink },
  { name: 'hard link to nothing', bytes: () => archive(hardLink('h', 'later'), file('later', 'x')), failure: badLink },
  {
    name: 'root as a symbolic link',
    bytes: (outside) => archive(symbolicLink('./', outside)),
    failure: { kind: 'Corrupt', says: /replace the root/ },
  },
  {
    name: 'root as a file',
    bytes: () => archive(file('.', 'x')),
    failure: { kind: 'Corrupt', says: /replace the root/ },
  },
  {
    name: 'list of users that is a symbolic link outside',
    bytes: (outside) =>
      archive(
        directory('etc'),
        symbolicLink('etc/passwd', `${outside}/victim`),
        pax([['SCHILY.acl.access', 'user::rw-,user:untouched:rw-,group::r--,mask::rw-,other::---']]),
        file('a', 'x'),
      ),
    failure: null,
  },
];

/** Archives that are damaged, or made to break the reader. */
export const damaged: readonly HostileArchive[] = [...damagedHeaders, ...damagedSparse, ...damagedAttributes];
