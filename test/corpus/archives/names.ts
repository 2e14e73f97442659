import { directory, entry, file, hardLink, longName, pax, symbolicLink } from '../tar.js';

export const names = {
  'a name that leads out': '../victim',
  'a name that leads out at its end': 'a/..',
  'a name that leads out and in': 'a/../../image/b',
  'an absolute name': '/victim',
  'an absolute name behind dots': './/victim',
  'a name with a NUL': 'a\0b',
  'an empty name': '',
  'a name of dots': './.',
  'a name of 5000 bytes': 'n/'.repeat(2500),
  'a name of 300 bytes': 'n'.repeat(300),
  'a name 1000 directories deep': 'd/'.repeat(1000),
  'a name of control characters': '\x1b]0;owned\x07\r\n',
} as const;

type Carrier = (name: string) => Buffer;
export const carriers: Readonly<Record<string, Carrier>> = {
  'in the header': (name) => file(name, 'x'),
  'of a directory': (name) => directory(`${name}/`),
  'in the prefix': (name) => file('end', 'x', { prefix: name.slice(0, 155) }),
  'as a GNU long name': (name) => Buffer.concat([longName(name), file('a', 'x')]),
  'in an extended header': (name) => Buffer.concat([pax([['path', name]]), file('a', 'x')]),
  'of a symbolic link': (name) => Buffer.concat([pax([['path', name]]), symbolicLink('a', 'target')]),
  'of a device': (name) => Buffer.concat([pax([['path', name]]), entry({ name: 'a', type: '3', major: 1, minor: 3 })]),
  'of a fifo': (name) => Buffer.concat([pax([['path', name]]), entry({ name: 'a', type: '6' })]),
  'as the target of a hard link': (name) =>
    Buffer.concat([file('end', 'x'), pax([['linkpath', name]]), hardLink('h', 'end')]),
  'as a GNU long target of a hard link': (name) =>
    Buffer.concat([file('end', 'x'), longName(name, 'K'), hardLink('h', 'end')]),
  'as a sparse name': (name) =>
    Buffer.concat([
      pax([
        ['GNU.sparse.map', ''],
        ['GNU.sparse.size', '0'],
        ['GNU.sparse.name', name],
      ]),
      file('a'),
    ]),
  'in a global header': (name) => Buffer.concat([pax([['path', name]], 'g'), file('a', 'x')]),
};

export const links = {
  'an absolute link': symbolicLink('l', '/'),
  'a link upwards': symbolicLink('l', '..'),
  'a link to itself': symbolicLink('l', 'l'),
  'a link to nothing': symbolicLink('l', 'nowhere'),
  'a link to a directory inside': Buffer.concat([directory('d/'), symbolicLink('l', 'd')]),
  'a chain of links': Buffer.concat([symbolicLink('k', '..'), symbolicLink('l', 'k/outside')]),
  'a link through /proc': symbolicLink('l', '/proc/self/cwd'),
  'a file': file('l', 'x'),
  'a fifo': entry({ name: 'l', type: '6' }),
  'a device': entry({ name: 'l', type: '3', major: 1, minor: 3 }),
} as const;

export const below: Readonly<Record<string, Buffer>> = {
  'a file': file('l/x', 'x'),
  'a directory': directory('l/x/'),
  'a file two below': file('l/x/y', 'x'),
  'a symbolic link': symbolicLink('l/x', 'target'),
  'a hard link': Buffer.concat([file('f', 'x'), hardLink('l/x', 'f')]),
  'a fifo': entry({ name: 'l/x', type: '6' }),
  'a device': entry({ name: 'l/x', type: '4', major: 7, minor: 0 }),
  'the target of a hard link': hardLink('h', 'l/victim'),
};

export const linked: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'a directory': directory('t/'),
  'a directory with something in it': file('t/x', 'x'),
  'a symbolic link outwards': symbolicLink('t', '../outside/victim'),
  'a symbolic link to nothing': symbolicLink('t', 'nothing'),
  'a fifo': entry({ name: 't', type: '6' }),
  'a device': entry({ name: 't', type: '3', major: 1, minor: 3 }),
  'what comes later': Buffer.alloc(0),
  'what was replaced': Buffer.concat([file('t', 'one'), symbolicLink('t', '../outside/victim')]),
  'an entry of unknown type': entry({ name: 't', type: 's' }, 'x'),
  itself: hardLink('t', 't'),
};

export const after: Readonly<Record<string, Buffer>> = {
  'that is all': Buffer.alloc(0),
  'then written to': file('h', 'overwritten'),
  'then linked again': hardLink('i', 'h'),
  'with a mode and an owner': hardLink('h2', 't', { mode: 0o7777, user: 7 }),
};
