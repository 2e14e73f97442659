import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReference } from '../../../../../service/formats/oci/reference.js';

const sha256 = `sha256:${'0123456789abcdef'.repeat(4)}`;
const sha512 = `sha512:${'0123456789abcdef'.repeat(8)}`;

const good: [text: string, registry: string | undefined, image: string, tag?: string | undefined, digest?: string][] = [
  ['debian', undefined, 'debian'],
  ['debian:13', undefined, 'debian', '13'],
  ['library/nginx', undefined, 'library/nginx'],
  ['docker://debian:13', undefined, 'debian', '13'],
  ['host:5000/img', 'host:5000', 'img'],
  ['host:5000/img:5000', 'host:5000', 'img', '5000'],
  ['localhost/img', 'localhost', 'img'],
  ['localhost/a/b', 'localhost', 'a/b'],
  ['[::1]:5000/a/b:c', '[::1]:5000', 'a/b', 'c'],
  ['Example.COM/a', 'example.com', 'a'],
  ['Host/a', 'host', 'a'],
  ['example.com./a', 'example.com.', 'a'],
  [`debian@${sha256}`, undefined, 'debian', undefined, sha256],
  [`h.example/a-b__c.d/e--f:T_1.x-@${sha512}`.replace('x-@', 'x@'), 'h.example', 'a-b__c.d/e--f', 'T_1.x', sha512],
  [`x:${'t'.repeat(128)}`, undefined, 'x', 't'.repeat(128)],
];
for (const [text, registry, image, tag, digest] of good) {
  test(`${text.slice(0, 60)} is a reference`, () => {
    assert.deepEqual(parseReference(text), { registry, image, tag, digest });
  });
}

const form = '[REGISTRY[:PORT]/]IMAGE[:TAG][@DIGEST]';
const imageRule =
  "is not an image name: its components are lower-case letters and digits, with '.', '_', '__' or '-' between them";
const tagRule = "is not a tag: up to 128 letters, digits, '_', '.' and '-', the first one a letter, a digit or '_'";
const digestRule = "what follows '@' is not sha256: or sha512: and a digest in lower-case hexadecimal";
const bad: [text: string, reason: string, shown?: string][] = [
  ['', `it is empty; give ${form}`],
  ['docker://', `it is empty; give ${form}`],
  ['https://example.com/a', `it is a URL; give ${form}`],
  ['oci:///a', `it is a URL; give ${form}`],
  [':tag', `it names no image; give ${form}`],
  ['example.com/', `it names no image; give ${form}`],
  ['a/B', "'a/B' has upper-case letters, which image names cannot have"],
  ['Debian', "'Debian' has upper-case letters, which image names cannot have"],
  ['a//b', `'a//b' ${imageRule}`],
  ['/a', `'/a' ${imageRule}`],
  ['a/../b', `'a/../b' ${imageRule}`],
  ['a/', `'a/' ${imageRule}`],
  ['-a', `'-a' ${imageRule}`],
  ['a b', `'a b' ${imageRule}`],
  ['h.example/a?b', `'a?b' ${imageRule}`],
  ['h.example/a%2fb', `'a%2fb' ${imageRule}`],
  ['a:', "nothing follows the ':'"],
  ['a:-b', `'-b' ${tagRule}`],
  ['a:b:c', `'b:c' ${tagRule}`],
  ['a:b/c', "'a:b' is not a host name, or one with a port"],
  [`a:${'t'.repeat(129)}`, `'${'t'.repeat(100)}' ${tagRule}`, `a:${'t'.repeat(98)}`],
  ['a@', digestRule],
  [`a@${sha256.toUpperCase()}`, digestRule],
  ['a@md5:d41d8cd98f00b204e9800998ecf8427e', digestRule],
  [`a@${sha256}@${sha256}`, "it has more than one '@'", `a@${sha256}@${sha256}`.slice(0, 100)],
  ['h.example:0/a', 'port 0 is not one from 1 to 65535'],
  ['h.example:65536/a', 'port 65536 is not one from 1 to 65535'],
  ['-h.example/a', "'-h.example' is not a host name, or one with a port"],
  ['user:pw@h.example/a', digestRule],
  ['[::g]:5000/a', "'[::g]:5000' is not a host name, or one with a port"],
  ['[1:2]:5000/a', "'[1:2]:5000' is not a host name"],
  ['\u001b[31m', "'\\x1b[31m' is not an image name"],
  [`h.example/${'a'.repeat(250)}`, 'its name is longer than 255 characters'],
];
for (const [text, reason, shown = text] of bad) {
  test(`${JSON.stringify(text.slice(0, 60))} is not a reference`, () => {
    const known = shown.replace('\u001b', '\\x1b').slice(0, 100);
    assert.throws(
      () => parseReference(text),
      (error: Error) => error.message.startsWith(`Cannot use the reference '${known}': ${reason}`),
    );
  });
}
