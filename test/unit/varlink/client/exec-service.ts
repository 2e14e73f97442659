/** A service that serves the connection it was started with, as sd_listen_fds(3) has it. */
import { closeSync, fstatSync } from 'node:fs';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import type { ServerCall } from '../../../../varlink/server/call.js';
import { VarlinkServer } from '../../../../varlink/server/server.js';

const description = `interface org.example.exec
method Environment() -> (environment: []string)
method Size(fileDescriptor: int) -> (size: int)
`;

const handlers = {
  async Environment(call: ServerCall) {
    const { LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID } = process.env;
    const pid = LISTEN_PID === String(process.pid) ? 'own' : 'other';
    call.reply({ environment: [LISTEN_FDS ?? '', LISTEN_FDNAMES ?? '', pid] });
  },
  async Size(call: ServerCall<{ fileDescriptor: number }>) {
    const descriptor = call.descriptor(call.parameters.fileDescriptor);
    const { size } = fstatSync(descriptor);
    closeSync(descriptor);
    call.reply({ size });
  },
};

const server = new VarlinkServer({
  vendor: '',
  product: 'exec',
  version: '1',
  url: '',
  interfaces: [{ definition: parseInterface(description), description, handlers }],
});
await server.serve(3);
