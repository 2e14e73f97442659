import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FaultServer, type Faults } from '../../support/servers/fault-server.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import {
  cannotBeImageNameBecause,
  cannotNameByServer,
  charactersThatDoNotPrint,
  namedByNobody,
} from '../../support/texts/images.js';

/* What an image is called that its caller gives no name. */

const disk = Buffer.alloc(9000, 'disk ');
const called = (name: string): Faults => ({ headers: { 'Content-Disposition': name } });

interface Row {
  what: string;
  path: string;
  faults?: Faults;
  /** What is asked for, if not the path alone. */
  query?: string;
  /** The image, or what is said. */
  image?: string;
  says?: (url: string) => string;
}

const rows: Row[] = [
  { what: 'a query', path: '/d.raw', query: '?token=a/b.raw', image: 'd.raw' },
  { what: 'a fragment', path: '/d.raw', query: '#top', image: 'd.raw' },
  { what: 'a type', path: '/d.raw;type=i', image: 'd.raw' },
  { what: 'a trailing slash', path: '/d.raw/', image: 'd.raw' },
  { what: 'a file in the query', path: '/get', query: '?file=d.raw', image: 'd.raw' },
  { what: 'a verb behind the file', path: '/d.raw/download', image: 'd.raw' },
  {
    what: 'a verb, and a name from the server',
    path: '/download',
    faults: called('attachment; filename="d.raw"'),
    image: 'd.raw',
  },
  {
    what: 'an identifier, and a name from the server in UTF-8',
    path: '/asset',
    query: '?id=5',
    faults: called("attachment; filename*=UTF-8''b%C3%BCcher.raw"),
    image: 'bücher.raw',
  },
  { what: 'a verb that redirects to the file', path: '/latest', faults: { redirect: '/d-12.raw' }, image: 'd-12.raw' },
  { what: 'a word with a query', path: '/x', query: '?y', image: 'x.raw' },
  {
    what: 'a name in the URL, whatever the server says',
    path: '/d.raw',
    faults: called('attachment; filename=e.raw'),
    image: 'd.raw',
  },
  {
    what: 'nothing that names it',
    path: '/download',
    query: '?id=5',
    says: namedByNobody,
  },
  {
    what: 'a root',
    path: '/',
    says: namedByNobody,
  },
  ...['../../etc/d.raw', '/etc/d.raw', '.#d.raw', '-d.raw'].map((name) => ({
    what: `a server that calls it ${name}`,
    path: '/get',
    faults: called(`attachment; filename="${name}"`),
    says: () => cannotNameByServer(name),
  })),
  {
    what: 'a server that gives a reserved name',
    path: '/get',
    faults: called("attachment; filename*=UTF-8''a%E2%80%AEb.raw"),
    says: () => `'a\\u202eb' ${cannotBeImageNameBecause(charactersThatDoNotPrint)}`,
  },
];

test('an image without a name gets a sensible one, or one is asked for', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  for (const { what, path, faults = {}, query = '', image, says } of rows) {
    await t.test(what, async () => {
      for (const name of host.images()) rmSync(join(host.imageRoot, name));
      await using server = await FaultServer.start();
      server.serve('/d-12.raw', disk);
      const url = server.serve(path, disk, faults) + query;
      const planned = await host.ferryctl(['pull-raw', '-mN', '--verify=no', '--dry-run', '-j', url]);
      const { status, stderr } = await host.ferryctl(['pull-raw', '-mN', '--verify=no', url]);
      if (image !== undefined) {
        assert.equal(status, 0, stderr);
        assert.deepEqual(host.images(), [image]);
        assert.deepEqual(readFileSync(join(host.imageRoot, image)), disk);
        assert.equal(JSON.parse(planned.stdout).path, join(host.imageRoot, image));
      } else {
        assert.equal(status, 14, stderr);
        assert.ok(stderr.includes(says?.(url) ?? '?'), stderr);
        assert.ok(planned.stderr.includes(says?.(url) ?? '?'), planned.stderr);
        assert.deepEqual(host.images(), []);
        // With a name it is pulled all the same.
        const given = await host.ferryctl(['pull-raw', '-mN', '--verify=no', url, 'given']);
        assert.equal(given.status, 0, given.stderr);
        assert.deepEqual(host.images(), ['given.raw']);
      }
    });
  }
});
