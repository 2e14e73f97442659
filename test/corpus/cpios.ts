import { archive, end, type Member, member, odcMember, summed } from './cpio.js';

/* Hostile and odd cpio archives. What comes of each is in outcomes.txt. */

type Archives = Readonly<Record<string, Buffer>>;

const file: Member = { name: 'a', data: 'text' };
const mode = (type: number) => (type << 12) | 0o755;

const names = {
  'a name that leads out': '../victim',
  'a name that leads out and in': 'a/../../image/b',
  'an absolute name': '/victim',
  'a name with a NUL': 'a\0b',
  'an empty name': '',
  'a name of dots': './.',
  'a name of 5000 bytes': 'n/'.repeat(2500),
  'a name of 300 bytes': 'n'.repeat(300),
  'a name of control characters': '\x1b]0;owned\x07\r\n',
} as const;

const types = {
  file: 0o10,
  directory: 0o04,
  'symbolic link': 0o12,
  fifo: 0o01,
  device: 0o02,
  socket: 0o14,
  'type 0': 0,
} as const;

const named: Archives = Object.fromEntries(
  Object.entries(names).flatMap(([what, name]) =>
    Object.entries(types).map(([type, bits]) => {
      const data = type === 'symbolic link' ? 'target' : '';
      return [`${what}, of a ${type}`, archive({ name, mode: mode(bits), data })] as const;
    }),
  ),
);

/** Where the fields of a newc header are, and where those of an odc header, with their lengths. */
const newcFields = Array.from({ length: 13 }, (_, index) => [6 + 8 * index, 8] as const);
const odcFields = [6, 12, 18, 24, 30, 36, 42, 48, 59, 65].map((at) => [at, at === 48 || at === 65 ? 11 : 6] as const);

function withField(bytes: Buffer, at: number, text: string): Buffer {
  const changed = Buffer.from(bytes);
  changed.write(text, at, 'latin1');
  return changed;
}

const texts = ['0', '7', 'f', ' ', '-', '\0', '\xff'] as const;
const filled: Archives = Object.fromEntries(
  texts.flatMap((text) => {
    const shown = JSON.stringify(text);
    const newc = newcFields.map(([at, length]) => {
      const bytes = withField(archive(file), at, text.repeat(length));
      return [`a newc header with ${shown} at ${at}`, bytes] as const;
    });
    const odc = odcFields.map(([at, length]) => {
      const bytes = withField(odcMember(file), at, text.repeat(length));
      return [
        `an odc header with ${shown} at ${at}`,
        Buffer.concat([bytes, odcMember({ name: 'TRAILER!!!' })]),
      ] as const;
    });
    return [...newc, ...odc];
  }),
);

const whole = archive(file, { name: 'l', mode: mode(0o12), data: 'target', inode: 2 }, { name: 'b', inode: 3 });
const cuts: Archives = Object.fromEntries(
  Array.from({ length: 34 }, (_, index) => 6 + 17 * index)
    .filter((length) => length < whole.length)
    .map((length) => [`an archive of ${whole.length} bytes, cut after ${length}`, whole.subarray(0, length)]),
);

const link = (name: string, target: string): Member => ({ name, data: target, mode: mode(0o12), inode: 9 });

const others: Archives = {
  'nothing but an end': end,
  'an end with data': Buffer.concat([member({ name: 'TRAILER!!!', data: 'data' }), member(file)]),
  'two archives': Buffer.concat([archive(file), archive({ name: 'b' })]),
  'a member of another format': Buffer.concat([member(file), odcMember({ name: 'b', data: 'x' }), end]),
  'a file below a symbolic link': archive(link('l', '../outside/target'), { name: 'l/evil', data: 'x' }),
  'a file below an absolute symbolic link': archive(link('l', '/'), { name: 'l/evil', data: 'x' }),
  'a file over a symbolic link': archive(link('l', '../outside/victim'), { name: 'l', data: 'x' }),
  'a further name below a symbolic link': archive(
    link('l', '../outside'),
    { name: 'a', inode: 5, links: 2, data: 'x' },
    { name: 'l/b', inode: 5, links: 2 },
  ),
  'a further name over the first': archive(
    { name: 'a', inode: 5, links: 2, data: 'x' },
    { name: 'a', inode: 5, links: 2 },
  ),
  'a first name that was replaced': archive(
    { name: 'a', inode: 5, links: 2, data: 'x' },
    link('a', '../outside/victim'),
    { name: 'b', inode: 5, links: 2 },
  ),
  'a further name with other data': archive(
    { name: 'a', inode: 5, links: 2, data: 'first' },
    { name: 'b', inode: 5, links: 2, data: 'second' },
  ),
  'names of which one has data, and a directory between': archive(
    { name: 'a', inode: 5, links: 3 },
    { name: 'a', mode: mode(0o04), inode: 6 },
    { name: 'b', inode: 5, links: 3, data: 'x' },
  ),
  'a symbolic link without a target': archive(link('l', '')),
  'a symbolic link with a NUL': archive(link('l', 'a\0b')),
  'a root that is a file': archive({ name: '.', data: 'x' }),
  'a root that is a symbolic link': archive(link('.', '../outside')),
  'a device of number 2^32 - 1': withField(archive({ name: 'd', mode: mode(0o02) }), 78, 'ffffffff'),
  'a sum that does not match': Buffer.concat([summed(file, 1), end]),
  'a file of 4 GiB': Buffer.concat([member({ name: 'a', size: 0xffffffff }), Buffer.alloc(1000)]),
  'an odc file of 8 GiB': Buffer.concat([odcMember({ name: 'a', size: 8 ** 11 - 1 }), Buffer.alloc(1000)]),
};

export const cpios: Archives = { ...named, ...filled, ...cuts, ...others };
