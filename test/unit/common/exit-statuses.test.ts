/** The table of exit statuses against the interfaces and the sources. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  clientStatuses,
  type ExitStatusName,
  exitStatus,
  exitStatusOf,
  failureStatuses,
  foreignStatuses,
} from '../../../common/exit-statuses.js';
import { serviceErrors } from '../../../varlink/error.js';
import { parseInterface } from '../../../varlink/idl/parse.js';
import { projectFile } from '../../support/project.js';

/** The whole names of the errors that interfaces/ declares. */
function declaredErrors(): string[] {
  const names = readdirSync(projectFile('interfaces')).filter((name) => name.endsWith('.varlink'));
  return names.flatMap((name) => {
    const definition = parseInterface(readFileSync(projectFile('interfaces', name), 'utf8'));
    return definition.members.filter(({ kind }) => kind === 'error').map((error) => `${definition.name}.${error.name}`);
  });
}

const declared = declaredErrors();
const ofVarlink = Object.values(serviceErrors).map((make) => make('').name);

test('every error of the interfaces has an exit status of its own row', () => {
  assert.ok(declared.length > 30, `${declared.length} errors`);
  const missing = [...declared, ...ofVarlink].filter((name) => {
    const [, short] = /^io\.ferry\.\w+\.(\w+)$/.exec(name) ?? [];
    return short === undefined ? !(name in foreignStatuses) : !(short in failureStatuses);
  });
  assert.deepEqual(missing, []);
});

test('no row of an error is dead', () => {
  const shortNames = new Set(declared.flatMap((name) => /^io\.ferry\.\w+\.(\w+)$/.exec(name)?.[1] ?? []));
  assert.deepEqual(
    Object.keys(failureStatuses).filter((name) => !shortNames.has(name)),
    [],
  );
  const sources = ['service/api/authorize.ts', 'service/api/user-queues.ts', 'client/connect/describe.ts'];
  const texts = sources.map((path) => readFileSync(projectFile(path), 'utf8')).join('');
  assert.deepEqual(
    Object.keys(foreignStatuses).filter(
      (name) => !declared.includes(name) && !ofVarlink.includes(name) && !texts.includes(`'${name}'`),
    ),
    [],
  );
});

test('statuses are distinct, and not those of shells, systemd or ssh', () => {
  const numbers = Object.values(exitStatus);
  assert.equal(new Set(numbers).size, numbers.length);
  assert.deepEqual(
    numbers.filter((number) => number > 125),
    [],
  );
});

test('every status but those of findings is that of an error', () => {
  const used = new Set<ExitStatusName>(
    [clientStatuses, failureStatuses, foreignStatuses].flatMap((rows) => Object.values(rows)),
  );
  const unused = Object.keys(exitStatus).filter((name) => ![...used].some((each) => each === name));
  assert.deepEqual(unused, ['success', 'unknown']);
});

test('an error that this version does not know is any other failure', () => {
  assert.equal(exitStatusOf('io.ferry.Transfer.ImageExists'), 'exists');
  assert.equal(exitStatusOf('io.ferry.Client.NotFound'), 'notFound');
  assert.equal(exitStatusOf('org.varlink.service.PermissionDenied'), 'permission');
  for (const name of [
    'io.ferry.Image.Newer',
    'io.ferry.Client.ImageExists',
    'com.example.Odd',
    'constructor',
    'io.ferry.Image.toString',
  ]) {
    assert.equal(exitStatusOf(name), 'failure', name);
  }
});
