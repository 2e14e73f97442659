import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attempt, type Outcome } from '../support/command.js';
import { type CodeBlock, codeBlocks, documents, readDocument } from '../support/documents.js';
import { needs } from '../support/needs.js';
import { projectFile } from '../support/project.js';
import { onFreePort } from '../support/servers/ports.js';
import { clientProgram, needsProduct, serviceProgram } from '../support/service/ferry-host.js';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.js';

// Every command in the documents is run: here, in namespaces where the machine's own images and sockets are others, or, marked
// ```sh machine (WHY), by test/machine/stories/160-documents.sh. The project's own scripts are what CI runs; the README's first command has
// readme.test.ts.

const pages = documents().filter((path) => /^(?:docs\/)?[\w.-]+\.md$/.test(path));

/** Walks through pages one after the other, as a reader does, and what has to be there before their first command. */
const walks: readonly { readonly situation: string; readonly pages: readonly string[] }[] = [
  {
    situation: 'ferryctl import-fs tree jammy-server-cloudimg-amd64-root',
    pages: ['serve', 'sign', 'verify', 'call', 'remote', 'troubleshoot'].map((name) => `docs/${name}.md`),
  },
  { situation: 'serve_examples /srv/images', pages: ['docs/sysupdate.md'] },
];

function isRunHere(block: CodeBlock): boolean {
  return block.place === '' && ['sh', 'python', 'go'].includes(block.language) && !isOwnScript(block);
}

/** Whether it only calls scripts of the project: `npm run build`, `test/hosts/run.sh list`. */
function isOwnScript({ language, code }: CodeBlock): boolean {
  return (
    language === 'sh' &&
    code
      .trim()
      .split('\n')
      .every((line) => /^(?:npm |\.ci\/run\b|test\/hosts\/run\.sh\b)/.test(line))
  );
}

test('every command in the documents is run somewhere, or says why not', (t) => {
  const languages = new Set(['sh', 'python', 'go', 'nginx', 'json', 'text']);
  const notHere: string[] = [];
  for (const page of pages) {
    for (const { language, place, line } of codeBlocks(readDocument(page))) {
      assert.ok(languages.has(language), `${page}:${line}: is '${language}' something to be run?`);
      // Schemas name their commands there, which verbs/json runs.
      if (language === 'json') continue;
      assert.match(place, /^(?:|machine \(.{5,}\))$/, `${page}:${line}`);
      if (place !== '') notHere.push(`${page}:${line}: ${place}`);
    }
    const hasCommands = codeBlocks(readDocument(page)).some(isRunHere);
    assert.equal(
      hasCommands,
      walks.some((walk) => walk.pages.includes(page)),
      page,
    );
  }
  const scripts = pages.flatMap((page) => readDocument(page).match(/(?<=npm run (?:-s )?)[a-z][a-z:]*/g) ?? []);
  const { scripts: existing } = JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> };
  assert.deepEqual(
    scripts.filter((name) => !(name in existing)),
    [],
  );
  t.diagnostic(`not run here:\n${notHere.join('\n')}`);
});

/** A block as a step of a script. */
function step({ language, code, line }: CodeBlock): string {
  const run: Readonly<Record<string, string>> = { python: 'python3', go: 'go run' };
  const runner = run[language];
  if (runner === undefined) return `: line ${line}\n${code}`;
  const file = `example.${language === 'go' ? 'go' : 'py'}`;
  return `cat >${file} <<'END-OF-EXAMPLE'\n${code}END-OF-EXAMPLE\n${runner} ${file}\n`;
}

/** In namespaces of its own: $1 is the directory for everything, $2 the port of the server. */
const prelude = `
  for name in machines portables extensions confexts; do
    mkdir -p "$1/$name" "/var/lib/$name"
    mount --bind "$1/$name" "/var/lib/$name"
  done
  mkdir -p "$1/run" "$1/etc" "$1/ferry" "$1/images" "$1/home" "$1/place" "$1/cover"
  mount --bind "$1/run" /run
  # What is to be mounted over may not be there, and this host gets no directories for it.
  mount -t tmpfs -o mode=0755 cover "$1/cover"
  for name in etc srv; do
    mkdir "$1/cover/$name" "$1/cover/$name.work"
    mount -t overlay -o "lowerdir=/$name,upperdir=$1/cover/$name,workdir=$1/cover/$name.work" overlay "/$name"
  done
  mkdir -p /etc/systemd /etc/ferry /srv/images
  mount --bind "$1/etc" /etc/systemd
  mount --bind "$1/ferry" /etc/ferry
  mount --bind "$1/images" /srv/images
  cd "$1/place"
  . ${projectFile('test', 'machine', 'documents.sh')}
  make_examples
  mkdir -p /run/ferry
  SYSTEMD_EXIT_ON_IDLE=no ${process.execPath} ${serviceProgram} --system --listen=/run/ferry/io.ferry.Transfer </dev/null &
  service=$!
  nginx -c "$1/nginx.conf" -p "$1" -e "$1/error.log" </dev/null &
  server=$!
  trap 'kill $service $server; wait; gpgconf --kill all' EXIT
  until [ -S /run/ferry/io.ferry.Transfer ] && [ -e "$1/nginx.pid" ]; do kill -0 $service $server; sleep 0.02; done
`;

/** The configuration that docs/serve.md shows, on another port. */
function writeServer(directory: string, port: number): void {
  const block = codeBlocks(readDocument('docs/serve.md')).find(({ language }) => language === 'nginx');
  assert.match(block?.code ?? '', /listen 8080;/);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const shown = block?.code.replace('listen 8080;', `listen 127.0.0.1:${port};`);
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; user root root; pid ${directory}/nginx.pid; events {}\nhttp { access_log off; ${temporary.join(' ')}\n${shown}}\n`,
  );
}

function writePrograms(folder: string): void {
  mkdirSync(folder);
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  put('ferryctl', `exec ${process.execPath} ${clientProgram} "$@"`);
  // The other host is this one; test/integration/remote goes through a real sshd.
  put('ssh', 'case $1 in -G | -O) exit 1 ;; esac\nfor command; do :; done\nexec sh -c "$command"');
}

/** The commands of a page, from the directory that every page starts in. */
function commandsOf(page: string): string {
  const steps = codeBlocks(readDocument(page)).filter(isRunHere).map(step).join('\n');
  return `: ${page}\n(\n${steps}\n)`;
}

for (const { situation, pages: walk } of walks) {
  test(`the commands of ${walk.join(', ')} do what they say, in this order`, async (t) => {
    const programs = [
      'unshare',
      'mount',
      'nginx',
      'gpg',
      'python3',
      'go',
      'zstd',
      'xz',
      'minisign',
      'openssl',
      'ssh-keygen',
      'mkfs.ext4',
    ];
    if (!needsProduct(t) || !needs(t, { root: true, features: ['mount'], programs })) return;
    const steps = walk.map(commandsOf).join('\n');
    await onFreePort(async (port) => {
      const directory = temporaryDirectory(t);
      writeServer(directory.path, port);
      writePrograms(directory.file('bin'));
      const { status, stdout, stderr } = runCommands(directory, port, `${prelude}\n${situation}\n${steps}`);
      const errors = directory.file('error.log');
      assert.equal(status, 0, `${stdout}\n${stderr}\n${existsSync(errors) ? readFileSync(errors, 'utf8') : ''}`);
      checks[walk[0] ?? '']?.(directory.path, stdout);
    });
  });
}

function runCommands(directory: TemporaryDirectory, port: number, commands: string): Outcome {
  const script = commands.replaceAll('http://images.example.com:8080', `http://127.0.0.1:${port}`);
  return attempt('unshare', ['--mount', 'bash', '-xeuo', 'pipefail', '-c', script, 'bash', directory.path], {
    cwd: directory.path,
    environment: {
      PATH: `${directory.file('bin')}:${process.env['PATH']}`,
      HOME: directory.file('home'),
      FERRY_STATE_DIRECTORY: directory.file('state'),
      GNUPGHOME: undefined,
      SYSTEMD_SSH: directory.file('bin', 'ssh'),
      SYSTEMD_PAGER: '',
    },
  });
}

/** What a walk that begins with a page has to have left or said. */
const checks: Readonly<Record<string, (place: string, output: string) => void>> = {
  'docs/serve.md': (place, output) => {
    const [served, signed, verified] = [
      ['disk.raw', 'web'],
      ['signed', 'signed-too'],
      ['by-checksum', 'by-digest', 'trusted'],
    ];
    const [called, remote] = [
      ['imported', 'python'],
      ['app', 'local', 'moved'],
    ];
    const all = ['jammy-server-cloudimg-amd64-root', ...served, ...signed, ...verified, ...called, ...remote];
    assert.deepEqual(visible(place), all.sort());
    for (const name of ['web', 'signed-too', 'trusted', 'imported', 'moved'])
      assert.ok(existsSync(join(place, 'machines', name, 'usr', 'lib', 'os-release')), name);
    assert.match(output, /ready in \/var\/lib\/machines\/python\n/);
    assert.match(output, /^machine python \/var\/lib\/machines\/python$/m);
    assert.ok(existsSync(join(place, 'place', 'app.tar.zst')));
  },
  'docs/sysupdate.md': (place) => {
    const updates = ['system_2.raw', 'system_3.raw', 'tree_2', 'tree_3', 'tree_4'];
    assert.deepEqual(readdirSync(join(place, 'place', 'updates')).sort(), updates);
    assert.deepEqual(visible(place), []);
  },
};

/** The images of class machine. */
function visible(place: string): string[] {
  return readdirSync(join(place, 'machines'))
    .filter((name) => !name.startsWith('.'))
    .sort();
}
