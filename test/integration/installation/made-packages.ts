import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { attempt } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { projectRoot } from '../../support/project.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** A builder's settings. */
interface Builder {
  readonly environment?: Readonly<Record<string, string>>;
  readonly umask?: string;
  /** As Debian calls it. */
  readonly architecture?: string;
}

/** What each kind of package is made with. */
const programs = { deb: ['dpkg-buildpackage', 'dh'], rpm: ['rpmbuild'], npm: ['npm'] };
const registryIsAway = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ENOTCACHED)\b/;

/**
 * Makes the packages of a kind as a builder does and returns their paths by what their names begin with: `ferry`, `ferry-importd`;
 * undefined, with the test skipped, where they cannot be made.
 * @throws Error when that fails.
 */
export function makePackages(
  t: TestContext,
  kind: keyof typeof programs,
  { environment = {}, umask = '022', architecture }: Builder = {},
): Record<string, string> | undefined {
  if (!needsProduct(t) || !needs(t, { programs: programs[kind] })) return undefined;
  const directory = temporaryDirectory(t);
  const output = directory.file('output');
  const options = architecture === undefined ? [] : [`--architecture=${architecture}`];
  const script = `umask ${umask}; cd "$1"; shift; exec node build/tools/package/main.js "$@"`;
  const own = { TMPDIR: directory.path, HOME: directory.path, SOURCE_DATE_EPOCH: '1700000000' };
  // Where its registry is.
  const npm = { npm_config_userconfig: join(homedir(), '.npmrc') };
  const { status, stderr } = attempt('sh', ['-c', script, 'sh', projectRoot, `--output=${output}`, ...options, kind], {
    environment: { ...own, ...npm, ...environment },
  });
  if (status !== 0 && registryIsAway.test(stderr)) {
    t.skip('needs the registry that npm takes packages from');
    return undefined;
  }
  if (status !== 0) throw new Error(`${kind} packages cannot be made: ${stderr}`);
  return Object.fromEntries(
    readdirSync(output).map((name) => [/^[a-z-]+(?=[-_]\d)/.exec(name)?.[0], join(output, name)]),
  );
}
