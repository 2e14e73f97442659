import type { LayerEntry } from '../registry/tar-layer.js';

const file = (path: string, content = path, more: Partial<LayerEntry> = {}): LayerEntry => ({ path, content, ...more });
const link = (path: string, target: string): LayerEntry => ({ path, type: 'symbolicLink', target });
const hard = (path: string, target: string): LayerEntry => ({ path, type: 'hardLink', target });
const directory = (path: string, more: Partial<LayerEntry> = {}): LayerEntry => ({ path: `${path}/`, ...more });

const base = [
  directory('.', { mode: 0o755 }),
  directory('etc', { mode: 0o711, mtime: 1_000_000_000 }),
  file('etc/a'),
  file('etc/b', 'b', { mode: 0o600, uid: 12, gid: 34 }),
  directory('etc/d', { mode: 0o2750, uid: 5, gid: 6 }),
  file('etc/d/x'),
  file('etc/d/y'),
  directory('usr'),
  directory('usr/lib'),
  file('usr/lib/libc'),
  link('lib', 'usr/lib'),
  link('abs', '/usr/lib'),
  link('dangling', 'nowhere/yet'),
  hard('etc/hard', 'etc/b'),
];

/** Layers by what is odd in them, the lowest one first. */
export const layerCases: Record<string, readonly (readonly LayerEntry[])[]> = {
  'one layer': [base],
  'whiteout of a file': [base, [file('etc/.wh.a', '')]],
  'whiteout of a directory': [base, [file('etc/.wh.d', '')]],
  'whiteout of a link': [base, [file('.wh.lib', '')]],
  'whiteout of what is not there': [base, [file('no/where/.wh.x', ''), file('.wh.y', '')]],
  'whiteout of one of two names': [base, [file('etc/.wh.b', '')]],
  'opaque directory': [base, [directory('etc/d', { mode: 0o700 }), file('etc/d/.wh..wh..opq', ''), file('etc/d/z')]],
  'opaque directory, mark last': [base, [directory('etc/d'), file('etc/d/z'), file('etc/d/.wh..wh..opq', '')]],
  'opaque directory without an entry': [base, [file('etc/d/.wh..wh..opq', '')]],
  'opaque root': [base, [file('.wh..wh..opq', ''), file('new')]],
  'whiteout before re-creation': [
    base,
    [file('etc/.wh.d', ''), directory('etc/d', { mode: 0o700 }), file('etc/d/new')],
  ],
  'whiteout after re-creation': [base, [directory('etc/d', { mode: 0o700 }), file('etc/d/new'), file('etc/.wh.d', '')]],
  'whiteout before a file again': [base, [file('etc/.wh.a', ''), file('etc/a', 'again')]],
  'whiteout after a file again': [base, [file('etc/a', 'again'), file('etc/.wh.a', '')]],
  'file to directory': [base, [directory('etc/a', { mode: 0o701 }), file('etc/a/in')]],
  'directory to file': [base, [file('etc/d', 'file now')]],
  'directory to link': [base, [link('etc/d', 'a')]],
  'link to directory': [base, [directory('lib'), file('lib/own')]],
  'link to file': [base, [file('lib', 'file')]],
  'file to link': [base, [link('etc/a', '/etc/passwd')]],
  'parents that are links': [base, [file('lib/more'), file('abs/more2'), file('lib/.wh.libc', '')]],
  'parents that are links that lead nowhere': [base, [file('dangling/deep/file')]],
  'link of the layer to a directory of a layer below': [base, [link('l2', 'usr/lib'), file('l2/third')]],
  'parents without entries': [base, [file('etc/d/sub/deep/file'), file('opt/x/y')]],
  'hard links inside a layer': [base, [file('etc/one'), hard('etc/two', 'etc/one'), hard('three', 'etc/two')]],
  'hard link to a file of a layer below': [base, [hard('etc/d/to-b', 'etc/b'), hard('also', 'etc/d/to-b')]],
  'hard link below, and the file is replaced': [base, [hard('kept', 'etc/b'), file('etc/b', 'new')]],
  'hard link through a link': [base, [hard('c', 'lib/libc')]],
  'hard link to a link': [base, [hard('lib2', 'lib')]],
  'one of two names replaced': [base, [file('etc/hard', 'single')]],
  'duplicate entries': [
    [directory('.'), file('a', '1'), file('a', '2'), directory('d'), directory('d', { mode: 0o700 })],
  ],
  'duplicate entries of other types': [
    [directory('.'), directory('a'), file('a/in'), file('a', 'file'), file('b'), directory('b'), file('b/in')],
  ],
  'a file, then a directory, over a directory': [base, [file('etc/d', 'file'), directory('etc/d', { mode: 0o755 })]],
  'empty layers': [base, [], base, []],
  'the same layer twice': [base, [file('etc/.wh.a', '')], base],
  'modes and owners of a directory again': [base, [directory('etc', { mode: 0o1777, uid: 7, gid: 8, mtime: 5 })]],
  attributes: [
    [
      directory('.'),
      file('x', 'x', { attributes: { 'user.a': 'b', 'user.c': 'd' } }),
      directory('d', { attributes: { 'user.a': 'x' } }),
    ],
    [file('x', 'x', { attributes: { 'user.e': 'f' } }), directory('d', { attributes: { 'user.z': 'y' } })],
  ],
  capabilities: [
    [
      directory('.'),
      file('cap', 'x', {
        mode: 0o755,
        attributes: { 'security.capability': Buffer.from('0100000200040000000000000000000000000000', 'hex') },
      }),
    ],
    [file('other')],
  ],
  'devices and fifos': [
    [
      directory('.'),
      { path: 'null', type: 'characterDevice', device: [1, 3], mode: 0o666 },
      { path: 'disk', type: 'blockDevice', device: [7, 300], uid: 1, gid: 6, mode: 0o660 },
      { path: 'fifo', type: 'fifo', mode: 0o622 },
    ],
    [file('null', 'file now'), { path: 'disk', type: 'characterDevice', device: [5, 1] }],
  ],
  'absolute names': [base, [file('/etc/a', 'absolute'), hard('/etc/abs-hard', '/etc/b')]],
  'long names': [
    base,
    [directory('n'.repeat(255)), file(`${'n'.repeat(255)}/${'m'.repeat(255)}`), file(`etc/.wh.${'x'.repeat(255)}`, '')],
  ],
  'set-id bits': [base, [file('etc/suid', 's', { mode: 0o4755 }), file('etc/sgid', 's', { mode: 0o2755, gid: 5 })]],
};

/** Directories whose time is that of the work: nothing says theirs, or umoci has put something in them by another way than their entry. */
export const timesOfWork: Record<string, readonly string[]> = {
  'whiteout after re-creation': ['etc/d'],
  'parents that are links that lead nowhere': ['.', 'nowhere', 'nowhere/yet', 'nowhere/yet/deep'],
  'parents without entries': ['.', 'etc/d', 'etc/d/sub', 'etc/d/sub/deep', 'opt', 'opt/x'],
};
