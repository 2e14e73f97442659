import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { openListeningSocket } from '../../../varlink/transport/listener.js';
import { projectFile } from '../../support/project.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.js';
import { waitUntil } from '../../support/wait.js';

/** Sets LISTEN_PID to the program's own process identifier, which sd_listen_fds(3) asks for. */
const asListener = ['sh', '-c', 'export LISTEN_PID=$$; exec "$@"', 'sh'];

/**
 * Starts a Varlink service of the root with systemd's newest release on a listening socket, with a message bus of its own, until the
 * end of the test. It is started again when it ends for want of work.
 *
 * @returns the path of the socket
 */
export async function startServiceInPeer(t: TestContext, command: readonly string[]): Promise<string> {
  const place = temporaryDirectory(t);
  const path = place.file('socket');
  const bus = await startBus(t, place);
  const { descriptor } = openListeningSocket(path, 0o600);
  const environment = { LISTEN_FDS: '1', LISTEN_FDNAMES: 'varlink', DBUS_SYSTEM_BUS_ADDRESS: bus };
  let service: ChildProcess | undefined;
  let isOver = false;
  const start = () => {
    if (isOver) return;
    service = spawn(projectFile('test', 'peer', 'peer'), ['exec', ...asListener, ...command], {
      cwd: place.path,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'ignore', descriptor],
    }).once('exit', start);
  };
  start();
  t.after(async () => {
    isOver = true;
    if (service !== undefined) await end(service);
    closeSync(descriptor);
  });
  return path;
}

const busConfiguration = (
  socket: string,
) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
`;

/** Its address. */
async function startBus(t: TestContext, place: TemporaryDirectory): Promise<string> {
  const [configuration, socket] = [place.file('bus.conf'), place.file('bus')];
  writeFileSync(configuration, busConfiguration(socket));
  const command = ['dbus-daemon', `--config-file=${configuration}`, '--nofork'];
  const bus = spawn(projectFile('test', 'peer', 'peer'), ['exec', ...command], { cwd: place.path, stdio: 'ignore' });
  t.after(() => end(bus));
  await waitUntil(() => existsSync(socket));
  return `unix:path=${socket}`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}
