import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from '../../../../client/connect/contract.js';
import { detailsForFilters, readFilters } from '../../../../client/list/filters.js';

const day = 86_400_000_000;
const now = 100 * day;

const images: Image[] = [
  {
    class: 'machine',
    name: 'web-1',
    type: 'raw',
    path: '/a',
    readOnly: false,
    creationTimestamp: 99 * day,
    usage: 2048,
    source: 'https://example.com/web.raw.xz?a=[1]',
    verification: 'signature',
    unused: true,
  },
  {
    class: 'machine',
    name: 'web-2',
    type: 'directory',
    path: '/b',
    readOnly: true,
    creationTimestamp: 10 * day,
    unused: false,
  },
  {
    class: 'sysext',
    name: 'tools',
    type: 'raw',
    path: '/c',
    readOnly: false,
    modificationTimestamp: 50 * day,
    source: 'http://[::1]:80/tools.raw',
    verification: 'no',
    unused: null,
    usage: 1024,
  },
  { class: 'confext', name: 'a.b', type: 'subvolume', path: '/d', readOnly: false },
];

const cases: [filters: string[], names: string[]][] = [
  [[], ['web-1', 'web-2', 'tools', 'a.b']],
  [['class=sysext'], ['tools']],
  [['class=sysext,class=confext'], ['tools', 'a.b']],
  [['type=raw,class=machine'], ['web-1']],
  [['type=raw', 'class=machine'], ['web-1']],
  [['name=web-*'], ['web-1', 'web-2']],
  [['name=web-[2-9]'], ['web-2']],
  [['name=web-[!2]'], ['web-1']],
  [['name=?.b'], ['a.b']],
  [['name=web'], []],
  [['name=a+b'], []],
  [['older=30d'], ['web-2', 'tools']],
  [['newer=30d'], ['web-1']],
  [['older=30d,newer=60d'], ['tools']],
  [['older=12h,older=60d'], ['web-2']],
  [['larger=1K'], ['web-1']],
  [['larger=1000'], ['web-1', 'tools']],
  [['read-only'], ['web-2']],
  [['read-only=no'], ['web-1', 'tools', 'a.b']],
  [['class=machine, read-only=yes'], ['web-2']],
  [['source=example.com'], ['web-1']],
  [['source=https://example.com/*'], ['web-1']],
  [['source=example.com/*'], []],
  [['source=*raw.xz?a=[1]'], ['web-1']],
  [['source=*raw.xzaa=1'], []],
  [['source=http://[::1]:80/tools.raw'], ['tools']],
  [['source=http://[::1]*'], ['tools']],
  [['source=xz,source=tools'], ['web-1', 'tools']],
  [['source=*'], ['web-1', 'tools']],
  [['verification=signature'], ['web-1']],
  [['verification=no,verification=none'], ['web-2', 'tools', 'a.b']],
  [['unused'], ['web-1']],
  [['unused=no'], ['web-2', 'tools', 'a.b']],
];

for (const [filters, names] of cases) {
  test(`--filter=${filters.join(' --filter=')} lists ${names.join(', ') || 'nothing'}`, () => {
    const isMeant = readFilters(filters, now);
    assert.deepEqual(
      images.filter(isMeant).map(({ name }) => name),
      names,
    );
  });
}

const known = 'class, type, name, older, newer, larger, read-only, source, verification, unused';

const refused: [filter: string, message: string][] = [
  ['clas=machine', `Unknown condition 'clas' for --filter=: expected ${known}. Did you mean class?`],
  ['constructor=x', `Unknown condition 'constructor' for --filter=: expected ${known}.`],
  ['', `Unknown condition '' for --filter=: expected ${known}.`],
  ['class=machin', "Cannot read 'machin' as class for --filter=: expected machine, portable, sysext, confext."],
  ['type', "Cannot read '' as type for --filter=: expected directory, subvolume, raw, block, mstack."],
  ['name=', "Cannot read '' as name for --filter=: expected a name, in which * and ? stand for others."],
  ['name=[z-a]', "Cannot read '[z-a]' as name for --filter=: expected a name, in which * and ? stand for others."],
  ['older=soon', "Cannot read 'soon' as older for --filter=: expected a span of time such as 12h or 30d."],
  ['larger=big', "Cannot read 'big' as larger for --filter=: expected bytes, or a number with K, M, G or T."],
  [
    'source=',
    "Cannot read '' as source for --filter=: expected a part of a URL, or with * for any characters all of it.",
  ],
  [
    'verification=gpg',
    "Cannot read 'gpg' as verification for --filter=: expected no, checksum, signature, digest, none.",
  ],
  ['unused=often', "Cannot read 'often' as unused for --filter=: expected yes or no."],
  ['read-only=perhaps', "Cannot read 'perhaps' as read-only for --filter=: expected yes or no."],
];

for (const [filter, message] of refused) {
  test(`--filter=${filter} is refused`, () => {
    assert.throws(() => readFilters([`class=machine,${filter}`], now), { name: 'UserError', message });
  });
}

test('the service is asked for what conditions need, and for nothing else', () => {
  assert.deepEqual(detailsForFilters(['class=machine,name=x', 'older=3d']), []);
  assert.deepEqual(detailsForFilters(['class=machine,source=x', 'unused']), ['origin', 'use']);
  assert.deepEqual(detailsForFilters(['verification=none', 'unused=no']), ['origin', 'use']);
});
