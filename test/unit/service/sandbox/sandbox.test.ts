import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { findSystemProgram } from '../../../../service/sandbox/programs.js';
import { buildSandbox } from '../../../../service/sandbox/sandbox.js';
import { needs } from '../../../support/needs.js';

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
  const { missing } = await buildSandbox(true, { FERRY_NAMESPACE_RESOURCE: '' });
  const all = [
    /^The fetch and decode processes run as yourself: only root can give them another user$/,
    /^Owners of files cannot be kept: no subordinate identifiers \(newuidmap, \/etc\/subuid\) for you; .+$/,
    /^The placement process keeps the network: .+$/,
    /^The decode process keeps the network: .+$/,
    /^The processes of a transfer see all others: .+$/,
    /^No filter of system calls holds processes: the kernel has none, or does not allow it$/,
  ];
  assert.ok(missing.includes('The fetch and decode processes run as yourself: only root can give them another user'));
  for (const line of missing) assert.equal(all.filter((one) => one.test(line)).length, 1, line);
  assert.equal(new Set(missing).size, missing.length);
});

test('the first process that a service starts is the first one of its PID namespace', (t) => {
  if (!needs(t, { root: true, features: ['mount'] })) return;
  const module = new URL('../../../../service/sandbox/namespaces.js', import.meta.url);
  // In a process of its own, which has started none yet.
  const script = `
    import { spawn } from 'node:child_process';
    import { inOwnPidNamespace } from ${JSON.stringify(module.href)};
    inOwnPidNamespace(() => spawn('/bin/sh', ['-c', 'echo $$'], { stdio: 'inherit' }));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  assert.deepEqual([stdout, stderr], ['1\n', '']);
});
