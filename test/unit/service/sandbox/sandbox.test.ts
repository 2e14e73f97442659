import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSystemProgram } from '../../../../service/sandbox/programs.js';
import { buildSandbox } from '../../../../service/sandbox/sandbox.js';

test('programs are looked for where those of the system are, and nowhere else', () => {
  assert.match(findSystemProgram('sh') ?? '', /^\/(usr\/)?bin\/sh$/);
  assert.equal(findSystemProgram('no-such-program'), undefined);
  const before = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  assert.notEqual(findSystemProgram('sh'), undefined);
  process.env['PATH'] = before;
});

test('what sandbox an ordinary user cannot have is told', async (t) => {
  const { getuid } = process;
  t.after(() => Object.assign(process, { getuid }));
  process.getuid = () => 4711;
  const { missing } = await buildSandbox(true);
  const all = [
    /^The fetch and decode processes run as yourself: only root can give them another user$/,
    /^Owners of files cannot be kept: no subordinate identifiers \(newuidmap, \/etc\/subuid\) for you$/,
    /^The placement process keeps the network: .+$/,
    /^The decode process keeps the network: .+$/,
    /^The processes of a transfer see all others: .+$/,
    /^No filter of system calls holds processes: the kernel has none, or does not allow it$/,
  ];
  assert.ok(missing.includes('The fetch and decode processes run as yourself: only root can give them another user'));
  for (const line of missing) assert.equal(all.filter((one) => one.test(line)).length, 1, line);
  assert.equal(new Set(missing).size, missing.length);
});
