import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { VarlinkError } from '../../../varlink/error.js';
import { parseInterface } from '../../../varlink/idl/parse.js';
import type { ServerCall } from '../../../varlink/server/call.js';
import { VarlinkServer } from '../../../varlink/server/server.js';
import { temporaryDirectory } from '../temporary.js';
import { waitFor } from '../wait.js';

const interfaceName = 'io.systemd.NamespaceResource';

/** What of systemd 262's interface of that name is used, or answered. */
const definition = `
interface ${interfaceName}
type AllocateUserRangeType (managed, self)
method AllocateUserRange(
  name: string,
  mangleName: ?bool,
  size: int,
  target: ?int,
  userNamespaceFileDescriptor: int,
  type: ?AllocateUserRangeType,
  mapForeign: ?bool
) -> (name: ?string)
error UserNamespaceInterfaceNotSupported()
`;

export const foreignFirst = 0x7ffe0000;
export const foreignCount = 0x10000;

const refusals = {
  'no rules': new VarlinkError(`${interfaceName}.UserNamespaceInterfaceNotSupported`),
  'too old': new VarlinkError('org.varlink.service.InvalidParameter', { parameter: 'type' }),
};
type Refusal = keyof typeof refusals | 'silent' | 'groups';

/** What a stand-in for systemd-nsresourced does. */
export interface StandIn extends AsyncDisposable {
  readonly socket: string;
  /** How many namespaces it has given owners. */
  readonly count: number;
}

/**
 * Stands in for systemd-nsresourced, which only runs with a kernel that lets it load its rules: makes its caller the
 * root of a user namespace, and maps the foreign UID range. `refuse`: answers as it does without such a kernel, or as an older one does, or not at all;
 * or leaves out the groups, so that files cannot be given to the range. Needs root.
 */
export async function namespaceResource(t: TestContext, { refuse }: { refuse?: Refusal } = {}): Promise<StandIn> {
  const socket = join(temporaryDirectory().path, 'socket');
  let count = 0;
  const server = new VarlinkServer({
    vendor: 'Ferry',
    product: 'stand-in',
    version: '1',
    url: 'https://example.org/',
    interfaces: [
      {
        definition: parseInterface(definition),
        description: definition,
        handlers: {
          async AllocateUserRange(call: ServerCall) {
            if (refuse === 'silent') await once(call.closed, 'abort');
            else if (refuse !== undefined && refuse !== 'groups') throw refusals[refuse];
            const namespace = call.descriptor(Number(call.parameters['userNamespaceFileDescriptor']));
            try {
              await giveOwners(namespace, call.peer.uid, refuse === 'groups' ? ['uid_map'] : ['uid_map', 'gid_map']);
            } finally {
              closeSync(namespace);
            }
            count++;
            call.reply({ name: 'stand-in' });
          },
        },
      },
    ],
  });
  server.listen({ path: socket, mode: 0o666 });
  const dispose = async () => await server.close();
  t.after(dispose);
  return {
    socket,
    get count() {
      return count;
    },
    [Symbol.asyncDispose]: dispose,
  };
}

async function giveOwners(namespace: number, uid: number, full: readonly string[]): Promise<void> {
  const child = spawn('nsenter', ['--preserve-credentials', '--user=/proc/self/fd/3', '--', 'sleep', '60'], {
    stdio: ['ignore', 'ignore', 'inherit', namespace],
  });
  try {
    const own = readlinkSync('/proc/self/ns/user');
    await waitFor(() => (readlinkSync(`/proc/${child.pid}/ns/user`) === own ? undefined : true));
    const range = `${foreignFirst} ${foreignFirst} ${foreignCount}\n`;
    for (const kind of ['uid_map', 'gid_map'])
      writeFileSync(`/proc/${child.pid}/${kind}`, `0 ${uid} 1\n${full.includes(kind) ? range : ''}`);
  } finally {
    child.kill('SIGKILL');
  }
}
