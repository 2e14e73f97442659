import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { attempt, run, shell } from '../support/command.js';
import { debianArchives } from '../support/images/fixtures.js';
import { needs } from '../support/needs.js';
import { projectFile, projectRoot } from '../support/project.js';
import { KeyRoom } from '../support/servers/keys.js';
import { makeCertificate, needsNginx, nginx } from '../support/servers/nginx.js';
import { removeTree, temporaryDirectory } from '../support/temporary.js';

const readme = readFileSync(projectFile('README.md'), 'utf8');

/** The README's first command line: it has set-up and URL. */
function firstCommand(): { line: string; url: URL } {
  const line = /^npm ci && .*pull-tar .*$/m.exec(readme)?.[0] ?? '';
  return { line, url: new URL(/https?:\S+/.exec(line)?.[0] ?? 'about:blank') };
}

test('the README pulls what the manual page pulls', () => {
  const { line, url } = firstCommand();
  assert.equal(url.href, 'https://cloud-images.ubuntu.com/jammy/current/jammy-server-cloudimg-amd64-root.tar.xz');
  assert.match(line, /^npm ci && npm run -s build && \.\/dist\/ferryctl\.js pull-tar -mN https:/);
});

test('the first command of the README, on a fresh copy and with nothing but the host replaced, places the image', async (t) => {
  // Next to the sources there is what npm needs; without a network this cannot be tried.
  if (!needsNginx(t) || !needs(t, { root: true, features: ['mount'], programs: ['npm', 'openssl', 'gpg', 'git'] }))
    return;
  const archives = debianArchives(t);
  if (archives === undefined) return;
  await using directory = temporaryDirectory();
  const copy = directory.file('copy');
  shell(
    'mkdir "$2" && cd "$1" && git ls-files -z -co --exclude-standard | tar -c --null -T - --ignore-failed-read | tar -x -C "$2"',
    [projectRoot, copy],
  );
  const { line, url } = firstCommand();
  const served = directory.file('served');
  const image = join(served, url.pathname);
  mkdirSync(dirname(image), { recursive: true });
  run('cp', [archives['debian.tar.xz'], image]);
  const keyring = offerSigned(dirname(image), directory.file('keyring.pgp'));
  const certificate = makeCertificate(directory.path);
  await using server = await nginx(t, served, { tls: certificate });
  const command = line.replace(url.host, new URL(server.url).host);
  const { status, stdout, stderr } = attempt(
    'unshare',
    ['--mount', 'bash', '-euc', inPrivate, 'bash', directory.path, command],
    {
      cwd: copy,
      environment: {
        SSL_CERT_FILE: certificate.certificate,
        FERRY_STATE_DIRECTORY: directory.file('state'),
        SYSTEMD_OPENPGP_KEYRING: keyring,
        npm_config_prefer_offline: 'true',
      },
    },
  );
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /\bjammy-server-cloudimg-amd64-root\b/);
  assert.ok(existsSync(directory.file('machines', 'jammy-server-cloudimg-amd64-root', 'etc', 'os-release')));
  removeTree(directory.file('machines'));
});

/** The machine's own images and sockets stay as they are: the command sees others in their place. */
const inPrivate = `
  mkdir "$1/machines" "$1/run"
  mkdir -p /var/lib/machines
  mount --bind "$1/machines" /var/lib/machines
  mount --bind "$1/run" /run
  eval "$2" >&2
  ./dist/ferryctl.js list-images`;

function offerSigned(folder: string, keyring: string): string {
  using keys = new KeyRoom();
  const key = keys.createKey('readme@ferry.invalid');
  shell('cd "$1" && sha256sum * >SHA256SUMS', [folder]);
  const signature = keys.sign(key, readFileSync(join(folder, 'SHA256SUMS')));
  writeFileSync(join(folder, 'SHA256SUMS.gpg'), signature);
  writeFileSync(keyring, keys.export([key]));
  return keyring;
}
