import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastName, nameFromServer, nameFromUrl, unnamed } from '../../../../../service/images/layout/url-names.js';
import { cannotNameByServer, namedByNobody } from '../../../../support/texts/images.js';

const named: [url: string, name: string | undefined][] = [
  ['http://h/d.raw.xz', 'd'],
  ['http://h/d.raw.xz?y', 'd'],
  ['http://h/d.raw.xz?a=/b.raw#c.raw', 'd'],
  ['http://h/d.raw.xz#y', 'd'],
  ['http://h/d.raw.xz/', 'd'],
  ['http://h/d.raw.xz//?y', 'd'],
  ['http://h/d.raw.xz;type=i', 'd'],
  ['http://h/d.raw;jsessionid=1?y', 'd'],
  ['http://h/d%2Eraw', 'd'],
  ['http://h/my%20disk.raw', 'my%20disk'],
  ['http://h/D.RAW', 'D.RAW'],
  ['http://h/d.iso', 'd.iso'],
  ['http://h/dir/', 'dir'],
  ['http://h/dir', 'dir'],
  ['http://h/a.raw/b', 'b'],
  ['http://h/p/d.raw.xz/download', 'd'],
  ['http://h/p/d.raw.xz/download?use_mirror=x', 'd'],
  ['http://h/p/d.raw.xz/raw/', 'd'],
  ['http://h/get?file=d.raw.xz', 'd'],
  ['http://h/?file=d.raw.xz', 'd'],
  ['http://h?d.raw.xz', 'd'],
  ['http://h/download.php?id=5&path=%2Fsrv%2Fd.raw.xz&x=1', 'd'],
  ['http://h/#/files/d.raw', 'd'],
  ['http://h/x?file=d.raw&mirror=d.raw', 'd'],
  ['http://h/x?file=d.raw&other=e.raw', undefined],
  ['http://h/x?response-content-disposition=attachment%3B%20filename%3Dd.raw.xz&X-Amz-Signature=0', 'd'],
  ['http://h/x?response-content-disposition=attachment%3B%20filename%3D%22my%20d.raw%22', 'my d'],
  ["http://h/x?rscd=attachment%3B+filename*%3DUTF-8''d%252Eraw", 'd'],
  ['http://h/x?file=.raw', undefined],
  ['http://h/x?file=%ff', undefined],
  ['http://h/x?y', undefined],
  ['http://h/x#y', 'x'],
  ['http://h/download', undefined],
  ['http://h/p/Latest/', undefined],
  ['http://h/download.php', undefined],
  ['http://h/index.html', undefined],
  ['http://h/', undefined],
  ['http://h', undefined],
  ['file:///srv/d.raw', 'd'],
  ['file:///srv/d', 'd'],
];
for (const [url, name] of named) {
  test(`${url} names ${name ?? 'nothing'}`, () => {
    assert.equal(nameFromUrl(url, 'raw'), name);
  });
}

test('a name of tar archives is derived in the same way', () => {
  assert.equal(nameFromUrl('http://h/d.tar.xz', 'tar'), 'd');
  assert.equal(nameFromUrl('http://h/get?f=d.tgz', 'tar'), 'd');
});

test('what is left of a name has to be one', () => {
  for (const url of ['http://h/.raw', 'http://h/get?f=%2E.raw', 'http://h/x?f=..%00.raw', 'http://h/%2e%2e'])
    assert.throws(() => nameFromUrl(url, 'raw'), { kind: 'InvalidName' }, url);
});

test('where nobody knows a name, any last component is one, but for verbs', () => {
  assert.equal(lastName('http://h/x?y', 'raw'), 'x');
  for (const url of ['http://h/download?y', 'http://h/get.php', 'http://h/?y'])
    assert.equal(lastName(url, 'raw'), undefined);
  assert.equal(unnamed('http://h/get?\x1b').message, namedByNobody('http://h/get?\\x1b'));
});

test('what a server calls a file names an image, unless it is hostile', () => {
  assert.equal(nameFromServer('d.raw.xz', 'raw'), 'd');
  assert.equal(nameFromServer('my disk.tar.gz', 'tar'), 'my disk');
  for (const name of ['../d.raw', '/etc/d.raw', 'C:\\d.raw', '.d.raw', '..', '-rf.raw', '', 'a/b'])
    assert.throws(() => nameFromServer(name, 'raw'), {
      kind: 'InvalidName',
      message: cannotNameByServer(name),
    });
  for (const name of ['a\0.raw', 'a\nb.raw', `${'n'.repeat(256)}.raw`])
    assert.throws(() => nameFromServer(name, 'raw'), { kind: 'InvalidName' });
});
