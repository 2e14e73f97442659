import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findProgram } from '../../support/programs.js';
import { acceptsConnections, endChild, onFreePort } from '../../support/servers/ports.js';
import { clientProgram, type FerryHost } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { waitWhile } from '../../support/wait.js';

/** A host behind ssh, which is this one: an sshd of its own on loopback, whose `ferryctl` leads to a test's service. */
export interface SshHost {
  /** What --host= is given. */
  readonly name: string;
  readonly port: number;
  /** For the client: leads ssh to this sshd. */
  readonly environment: Readonly<Record<string, string>>;
  /** A directory of its own. */
  readonly directory: string;
  /** The configuration that ssh reads. */
  readonly configuration: string;
  /** The commands that were run there. */
  commands(): string[];
  /** How often somebody has proved who they are. */
  logins(): number;
  /** The process ids of the ssh clients that lead there: the one that connects, and those that share its connection. */
  clients(): { connecting: number[]; sharing: number[] };
}

/** What an sshd of Debian needs and a test's machine need not have. */
const privilegeSeparation = '/run/sshd';

/** `ferryctl` there: the real one, led to the service of a test, or `plain`. Absent for a host without Ferry. */
export async function sshHost(t: TestContext, ferry: FerryHost | 'plain' | undefined): Promise<SshHost> {
  const directory = temporaryDirectory(t).path;
  const file = (name: string) => join(directory, name);
  mkdirSync(privilegeSeparation, { recursive: true });
  mkdirSync(file('bin'));
  for (const key of ['host', 'user']) makeKey(file(key));
  writeFileSync(file('authorized'), readFileSync(file('user.pub')), { mode: 0o600 });
  if (ferry !== undefined) writeFerry(file('bin/ferryctl'), file('commands'), ferry);
  const { port, server } = await onFreePort(async (port) => {
    writeFileSync(file('sshd_config'), serverConfiguration(directory, port));
    return { port, server: await startServer(file('sshd_config'), port, file('sshd.log')) };
  });
  t.after(() => endChild(server));
  const configuration = file('ssh_config');
  writeFileSync(configuration, clientConfiguration(directory));
  writeFileSync(file('known'), `[127.0.0.1]:${port} ${readFileSync(file('host.pub'), 'utf8')}`);
  writeFileSync(file('ssh'), `#!/bin/sh\nexec ${findProgram('ssh')} -F '${configuration}' "$@"\n`, { mode: 0o755 });
  return {
    name: `root@127.0.0.1:${port}`,
    port,
    environment: { SYSTEMD_SSH: file('ssh') },
    directory,
    configuration,
    commands: () => readLines(file('commands')),
    logins: () => readLines(file('sshd.log')).filter((line) => line.includes('Accepted publickey')).length,
    clients: () => processesOf(configuration),
  };
}

function makeKey(path: string): void {
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
}

/** Notes what it was called with, and puts the address of the test's service in front. */
function writeFerry(path: string, commands: string, ferry: FerryHost | 'plain'): void {
  const place = ferry === 'plain' ? '' : ` --address='unix:${ferry.socket}'`;
  const script = [
    '#!/bin/sh',
    `echo "$*" >>'${commands}'`,
    `exec '${process.execPath}' '${clientProgram}'${place} "$@"`,
    '',
  ];
  writeFileSync(path, script.join('\n'));
  chmodSync(path, 0o755);
}

function serverConfiguration(directory: string, port: number): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${directory}/host`,
    `AuthorizedKeysFile ${directory}/authorized`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    `SetEnv PATH=${directory}/bin:/usr/bin:/bin`,
    '',
  ].join('\n');
}

function clientConfiguration(directory: string): string {
  return [
    'Host *',
    `  IdentityFile ${directory}/user`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile ${directory}/known`,
    '  StrictHostKeyChecking yes',
    '  LogLevel ERROR',
    '',
  ].join('\n');
}

async function startServer(configuration: string, port: number, log: string): Promise<ChildProcess> {
  const sshd = findProgram('sshd') ?? 'sshd';
  const server = spawn('setpriv', ['--pdeathsig', 'TERM', sshd, '-D', '-f', configuration, '-E', log], {
    stdio: 'ignore',
  });
  await waitWhile(async () => {
    if (server.exitCode !== null) throw new Error(`sshd ended: ${readFileSync(log, 'utf8')}`);
    // Somebody else may answer there.
    return !(
      readFileSync(log, 'utf8').includes(`Server listening on 127.0.0.1 port ${port}`) &&
      (await acceptsConnections(port))
    );
  }, 20);
  return server;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** Those that were given this configuration. */
function processesOf(configuration: string): { connecting: number[]; sharing: number[] } {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  const lines = stdout
    .split('\n')
    .filter((line) => line.includes(` -F ${configuration} `) && !line.includes('/bin/sh'));
  const having = (option: string) =>
    lines.filter((line) => line.includes(option)).map((line) => Number(line.trim().split(' ')[0]));
  return { connecting: having('ControlMaster=yes'), sharing: having('ControlMaster=no') };
}
