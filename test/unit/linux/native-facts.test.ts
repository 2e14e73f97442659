import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Node } from 'acorn';
import { callNumbers } from '../../../linux/headers/call-numbers.js';
import { childrenOf, parseCompiled } from '../../../tools/parsed.js';
import { projectRoot } from '../../support/project.js';

/*
 * Offsets, constants and call numbers stand in headers/ folders, which are compared with C. So what deals with C has no numbers of its
 * own, but those that are listed here with a reason.
 */

const rooms = ['linux', 'common', 'varlink', 'service', 'client', 'tools'];

/** Modules that deal with C: they call it, or lay out what it reads. */
const dealsWithC =
  /from '[^']*linux\/(?:native|calls|headers\/(?:structs|btrfs|call-numbers|filter-constants))\.js'|from '\.\/(?:native|calls|headers\/(?:structs|btrfs|call-numbers|filter-constants))\.js'/;

/** Numbers that are not facts of C. */
const plain = ['0', '1', '0n', '1n'];

/** Those that a module has besides, and what they are. */
const allowed: Readonly<Record<string, readonly [numbers: string, reason: string]>> = {
  'linux/attributes.ts': ['2', 'two ints are a long'],
  'linux/btrfs-quota.ts': ['0xffffffffffffffffn 255 254', 'no upper bound, and levels that systemd uses'],
  'linux/btrfs.ts': ['1_000_000 1000', 'units of time'],
  'linux/directory-usage.ts': [
    '0x1_0000_0000 512 256 1024 2',
    'two halves of 64 bits, blocks as in status.ts, its own memory',
  ],
  'linux/files.ts': [
    '0xfffff000n 32n 0xfffn 8n 0xffffff00n 12n 0xffn 0xffffffff 2 0x1_0000_0000 1000000000n',
    'makedev(3), which headers.test.ts compares, an owner of -1, two points in time, units of time',
  ],
  'linux/process.ts': ['2', 'the two ends of a pipe'],
  'linux/sockets.ts': ['253 3 2', 'SCM_MAX_FD, which no header for programs has, what is above standard error, a pair'],
  'linux/space.ts': ['0x2fc12fc1 0xca451a4e', 'magic numbers of zfs and bcachefs, which linux/magic.h lacks'],
  'linux/status.ts': [
    '512 0x1_0000_0000 9 1_000_000 1000',
    'the unit of st_blocks, two halves of 64 bits, units of time',
  ],
  'service/formats/compression/bzip2/bzip2-task.ts': ['48 32 1024 4 3 7', 'the format, and its own memory'],
  'service/formats/compression/engine.ts': ['64', 'its own memory'],
  'service/formats/compression/gzip.ts': [
    '15 16 8 2 32 4',
    "the format, and what zlib's manual says of windows and memory",
  ],
  'service/formats/compression/liblzma.ts': ['2 1024', 'a limit of its own'],
  'service/formats/compression/lz4.ts': ['0x184d2204 0x01 4', 'the format'],
  'service/formats/compression/xz.ts': [
    '256 1024 12 2 0x7f 0x80 62 0x40 3 40 32 11 4 8 16',
    'the format, and sizes of its own',
  ],
  'service/formats/compression/zstd.ts': ['6 4 0x20 5 2 10 3 8 7 256', 'the format'],
  'service/formats/tar/acl.ts': ['8191 2 4 0o7', 'how many fit into an attribute, and bits of permissions'],
};

test('what deals with C takes offsets, constants and call numbers from headers/', () => {
  const known = sources();
  const found = known.flatMap((source) => {
    const own = allowed[source]?.[0].split(' ') ?? [];
    return [...numbersOf(source)].filter((number) => !own.includes(number)).map((number) => `${source} has ${number}`);
  });
  assert.deepEqual(found, []);
  const needless = Object.entries(allowed).flatMap(([source, [numbers]]) => {
    const own = known.includes(source) ? numbersOf(source) : new Set<string>();
    return numbers
      .split(' ')
      .filter((number) => !own.has(number))
      .map((number) => `${source} has no ${number}`);
  });
  assert.deepEqual(needless, []);
});

test("what deals with C has no constant by a kernel's name of its own", () => {
  const names = sources().flatMap((source) => {
    const text = readFileSync(join(projectRoot, source), 'utf8');
    return [...text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9]*_\w+) = -?[\d(]/gm)].map(
      ([, name]) => `${source}: ${name}`,
    );
  });
  assert.deepEqual(names, []);
});

test('no other module chooses numbers by architecture', () => {
  const choosing = rooms
    .flatMap((room) => modulesBelow(room))
    .filter((path) => /process\.arch\b[^;]*\?\s*\d/.test(readFileSync(join(projectRoot, path), 'utf8')));
  assert.deepEqual(choosing, []);
});

test('every number of a call is used', () => {
  const paths = ['linux', 'service', 'test/integration'].flatMap((room) => modulesBelow(room));
  const text = paths.map((path) => readFileSync(join(projectRoot, path), 'utf8')).join('\n');
  assert.deepEqual(
    Object.keys(callNumbers).filter((name) => !text.includes(`'${name}'`)),
    [],
  );
});

function modulesBelow(room: string): string[] {
  return readdirSync(join(projectRoot, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/(?:^|\/)headers\/|\.generated\.ts$/.test(name))
    .map((name) => join(room, name));
}

function sources(): string[] {
  return rooms
    .flatMap((room) => modulesBelow(room))
    .filter((path) => dealsWithC.test(readFileSync(join(projectRoot, path), 'utf8')));
}

function numbersOf(source: string): Set<string> {
  const numbers = new Set<string>();
  const visit = (node: Node): void => {
    if (node.type === 'Literal') {
      const { raw, value } = node as Node & { raw?: string; value: unknown };
      if ((typeof value === 'number' || typeof value === 'bigint') && !plain.includes(raw ?? ''))
        numbers.add(raw ?? '');
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parseCompiled(source, false));
  return numbers;
}
