import { readFileSync } from 'node:fs';

const versions: Readonly<Record<string, string>> = {
  bookworm: 'Debian 12, systemd 252',
  trixie: 'Debian 13, systemd 257',
  testing: 'Debian testing, the newest systemd',
};
const jobs: Readonly<Record<string, string>> = {
  all: 'the main job and all unit tests',
  jobs: 'the main job',
  package: 'booted: `apt install ./ferry_*.deb`, a pull, a running container, the upgrade, and the removal',
  refused: 'refuses to start, in one line that says which Node it needs',
};

/** docs/support.md, with a table of the hosts that the tests run on. @throws Error when it has no words for one of them. */
export function supportPage(): string {
  const [, block = ''] = /^rows=\(\n((?: .*\n)+)\)/m.exec(readFileSync('test/hosts/run.sh', 'utf8')) ?? [];
  const rows = [...block.matchAll(/'(\w+) (\w+) (\w+) (\w+)'/g)].map(
    ([, suite = '', node = '', user = '', what = '']) => {
      const cells = [versions[suite], node === 'own' ? "Debian's own" : node, user, jobs[what]];
      if (cells.includes(undefined))
        throw new Error(`docs/support.md has no words for '${suite} ${node} ${user} ${what}'`);
      return `| ${cells.join(' | ')} |`;
    },
  );
  return `${before}${rows.join('\n')}\n${after}`;
}

const before = `# Where Ferry runs

What is named here is tested for each change. The main job is to pull, import, list, export and remove images, with the service and without.

| host | Node | user | tested |
|---|---|---|---|
`;

const after = `
A booted machine runs the stories of \`test/machine\` with systemd as its first process: Debian 13 as a container
([The test machine](machine.md)). There the Debian packages are upgraded while a transfer runs, too.

## What that means

- **Node**: every line that is maintained, from 20.19 on, of Debian and of upstream. An older one is refused.
- **Systems**: every Debian that is maintained, and every Ubuntu LTS, with systemd 252 or newer. Ubuntu is not tested.
- **Debian 12**: its own Node 18 is too old. Install Node 20.19 or newer as a package named \`nodejs\`, for example NodeSource's.
  Without it, \`apt install ./ferry_*.deb\` says that \`nodejs (>= 20.19)\` is missing, and changes nothing.
- **RPM**: the packages are made, and installed, upgraded and removed by rpm on Debian. They are not tested on a host of their own.
- **Processors**: amd64. Packages for arm64 are made, but not tested.
- **C library**: glibc.

A fault on any of these is a bug. Elsewhere Ferry may work, and reports are welcome.
`;
