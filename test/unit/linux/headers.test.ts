import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceNumber } from '../../../linux/files.js';
import * as btrfs from '../../../linux/headers/btrfs.js';
import { type CallName, callNumber, callNumbers } from '../../../linux/headers/call-numbers.js';
import * as constants from '../../../linux/headers/constants.js';
import * as filterConstants from '../../../linux/headers/filter-constants.js';
import * as structs from '../../../linux/headers/structs.js';
import { type Architecture, HeaderFacts, needsOfHeaders } from '../../support/c-headers.js';
import { needs } from '../../support/needs.js';
import { temporaryDirectory } from '../../support/temporary.js';

const includes = [
  ...['dirent.h', 'fcntl.h', 'poll.h', 'sched.h'],
  ...[
    'file',
    'ioctl',
    'prctl',
    'resource',
    'socket',
    'stat',
    'statfs',
    'statvfs',
    'syscall',
    'sysmacros',
    'uio',
    'un',
    'wait',
  ].map((name) => `sys/${name}.h`),
  ...['audit', 'btrfs', 'btrfs_tree', 'filter', 'fs', 'limits', 'magic', 'mount', 'openat2'].map(
    (name) => `linux/${name}.h`,
  ),
  ...['posix_acl', 'posix_acl_xattr', 'seccomp'].map((name) => `linux/${name}.h`),
];

/** What is not in C under the name that it has here. */
const expressions: Readonly<Record<string, string>> = {
  ACL_UNDEFINED_ID: '(__u32)ACL_UNDEFINED_ID',
  socketPathMax: 'sizeof(((struct sockaddr_un *)0)->sun_path) - 1',
  uuid_t: 'sizeof(((struct btrfs_ioctl_get_subvol_info_args *)0)->uuid)',
};

/** What headers may lack: those of an older Linux, or of another architecture. */
const lacking = ['SO_PEERPIDFD', '__X32_SYSCALL_BIT', '__NR_open_tree_attr'];

/** Adds what a module exports: numbers, structs, and sizes of types. Nothing else may be there. */
function addExports(facts: HeaderFacts, module: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(module)) {
    const expression = expressions[name] ?? name;
    if (typeof value === 'number' || typeof value === 'bigint')
      facts.add(expression, value, lacking.includes(name) ? name : undefined);
    else if (name === 'sizes')
      for (const [type, size] of Object.entries(value as object))
        facts.add(expressions[type] ?? `sizeof(${type})`, size);
    else facts.addStruct(`struct ${name}`, value as Record<string, number>);
  }
}

function allFacts(architecture: Architecture): HeaderFacts {
  const facts = new HeaderFacts();
  for (const module of [constants, filterConstants, btrfs, structs]) addExports(facts, module);
  for (const name of Object.keys(callNumbers)) {
    facts.add(`__NR_${name}`, callNumber(name as CallName, architecture), `__NR_${name}`);
  }
  for (const [major, minor] of [
    [0, 0],
    [8, 1],
    [259, 300],
    [0xabcdef12, 0x12345678],
  ] as const)
    facts.add(`makedev(${major}u, ${minor}u)`, BigInt.asIntN(64, deviceNumber(major, minor)));
  return facts;
}

for (const architecture of ['x64', 'arm64'] as const)
  test(`constants, structs and call numbers are those of the C headers of ${architecture}`, (t) => {
    if (!needs(t, needsOfHeaders(architecture, []))) return;
    const facts = allFacts(architecture);
    const directory = temporaryDirectory(t);
    const { different, missing } = facts.compare(directory.path, architecture, includes);
    assert.deepEqual(different, []);
    assert.deepEqual(
      missing.filter((name) => !lacking.includes(name)),
      [],
    );
    assert.ok(facts.count > 400, `${facts.count} facts`);
  });

test('calls that are on every architecture under one number are known on those that have no table', () => {
  assert.equal(callNumber('openat2', 'riscv64'), 437);
  assert.equal(callNumber('seccomp', 'ppc64'), undefined);
  assert.equal(callNumber('fork', 'arm64'), undefined);
});
