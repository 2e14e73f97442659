import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArguments } from '../../../client/cli/argv.js';
import { renderHelp } from '../../../client/cli/description/help.js';
import { fillCommandLine } from '../../../tools/manual/command-line.js';
import { isMadeFrom } from '../../../tools/manual/page.js';
import { attempt } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { projectFile } from '../../support/project.js';

const folder = projectFile('units', 'man');
const pages = readdirSync(folder).filter((name) => /\.\d$/.test(name));

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

test('there are the pages that a host needs', () => {
  assert.deepEqual(pages.sort(), [
    'ferry-import-generator.8',
    'ferry-trust.d.5',
    'ferryctl.1',
    'ferryd.8',
    'io.ferry.Image.7',
    'io.ferry.Transfer.7',
    'io.ferry.Trust.7',
  ]);
});

for (const page of pages) {
  test(`${page} is set without a warning by both formatters`, (t) => {
    if (!needs(t, { programs: ['mandoc', 'groff'] })) return;
    const mandoc = attempt('mandoc', ['-T', 'lint', '-W', 'warning', join(folder, page)]);
    assert.equal(mandoc.stdout + mandoc.stderr, '');
    const groff = attempt('groff', ['-man', '-ww', '-Tutf8', '-z', join(folder, page)]);
    assert.equal(groff.stdout + groff.stderr, '');
  });
}

test('what is typed stays whole, whatever punctuation is in it, and nothing of it is a request or an escape', () => {
  assert.ok(read('ferryd.8').includes('\\f[B]HOST NAME: VALUE\\f[R]'));
  assert.ok(read('ferryctl.1').includes('\\f[B]\\&.#partial\\-\\[u2026]\\f[R]'));
  assert.ok(read('ferryctl.1').includes('ferryctl pull\\-tar \\-m'));
  for (const page of pages) assert.doesNotMatch(read(page), /`|\\\(ga|^'|^\.(?![A-Z\\])/m, page);
});

test('a page names what it was made from, so that a stale one is found', () => {
  const page = read('ferryd.8');
  const source = read('ferryd.8.md');
  assert.ok(isMadeFrom(page, source));
  assert.ok(!isMadeFrom(page, `${source}\n`));
});

/** The names in a text of --help: commands at the left, options behind them. */
function namesInHelp(): string[] {
  const lines = renderHelp('ferryctl', 'off').split('\n');
  const commands = lines.flatMap((line) => /^ {2}\[?([a-z][a-z-]+)/.exec(line)?.[1] ?? []);
  const options = lines.flatMap((line) => line.slice(0, 28).match(/(?<= )-{1,2}[A-Za-z][a-z-]*/g) ?? []);
  return [...commands, ...options].sort();
}

/** The names that ferryctl(1) explains, as a reader sees them. */
function namesInPage(): string[] {
  const [, commands = '', options = ''] =
    /\.SH COMMANDS\n(.*)\.SH OPTIONS\n(.*)\.SH EXIT STATUS\n/s.exec(read('ferryctl.1')) ?? [];
  const terms = [...`${commands}${options}`.matchAll(/^\.TP\n(.*)$/gm)].map((match) => match[1] ?? '');
  return terms
    .flatMap((term) =>
      [...term.matchAll(/\\f\[B\](.*?)\\f\[R\]/g)].map((match) => (match[1] ?? '').replaceAll('\\-', '-')),
    )
    .sort();
}

test('ferryctl(1) has every command and option of --help, and no other', () => {
  assert.ok(namesInHelp().length > 40);
  assert.deepEqual(namesInPage(), namesInHelp());
});

test('a command or option without prose, and prose without one, are errors', () => {
  const source = read('ferryctl.1.md');
  assert.throws(() => fillCommandLine(source.replace('### --force\n', '')), /has no item for --force/);
  assert.throws(() => fillCommandLine(source.replace('### clean\n', '### clear\n')), /item for clear, which/);
});

test('every variable that the programs read is on their page', () => {
  const internal =
    /^(?:FERRY_\w+|LISTEN_\w+|WATCHDOG_\w+|NOTIFY_SOCKET|JOURNAL_STREAM|HOME|PATH|TERM|COLORTERM|LANG|LC_\w+|SUDO_UID|SYSTEMD_EXEC_PID|TZ)$/;
  for (const [sources, page] of [
    ['client', 'ferryctl.1'],
    ['client/boot', 'ferry-import-generator.8'],
    ['service', 'ferryd.8'],
  ] as const) {
    const text = readdirSync(projectFile(sources), { recursive: true, encoding: 'utf8' })
      // The generator has a page of its own.
      .filter((name) => name.endsWith('.ts') && !(sources === 'client' && name.startsWith('boot/')))
      .map((name) => readFileSync(projectFile(sources, name), 'utf8'))
      .join('\n');
    const direct = [...text.matchAll(/env(?:ironment)?\['(\w+)'\]/g)].map((match) => match[1] ?? '');
    const byName = text.match(/(?<=')SYSTEMD_[A-Z_]+(?=')/g) ?? [];
    const read_ = new Set([...direct, ...byName].filter((name) => !internal.test(name)));
    assert.ok(read_.size > 5, sources);
    const missing = [...read_].filter((name) => !read(page).toLowerCase().includes(`$${name.toLowerCase()}`));
    assert.deepEqual(missing, [], page);
  }
});

test('the examples of ferryctl(1) are command lines that it understands', () => {
  const examples = read('ferryctl.1.md').match(/^(?:.*\| )?ferryctl .*$/gm) ?? [];
  assert.ok(examples.length > 4);
  for (const example of examples) {
    for (const command of example.split(' | ')) parseArguments(command.split(' ').slice(1));
  }
});
