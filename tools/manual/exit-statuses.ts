import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  clientStatuses,
  type ExitStatusName,
  exitStatus,
  exitStatusOf,
  foreignStatuses,
} from '../../common/exit-statuses.js';
import { parseInterface } from '../../varlink/idl/parse.js';

/** What each status says, for people. */
const exitStatusWords: Readonly<Record<ExitStatusName, string>> = {
  success:
    'The command succeeded. An empty list is a success, and so are `--help` and the Ctrl-C that ends `--watch`. A reader that closes the pipe of a listing early is not a failure',
  failure: 'Any other failure: a fault in Ferry, or an error that only a newer version knows',
  usage: 'The command line is wrong: an unknown command, option or value, or the wrong number of arguments',
  notFound: 'The image, transfer, container or file does not exist',
  exists: 'An image or trust entry of that name exists already; see `--force`',
  busy: 'The image is in use, the same download is running, or the service has reached a limit; retry later',
  verification: 'A checksum, signature or digest does not match or is not trusted, or the trust settings have an error',
  download: 'The server or the network failed',
  space: 'The file system is full, or a quota is used up',
  permission: 'Permission denied; use `sudo` or `--user`',
  cancelled: 'You or somebody else cancelled the transfer, or you answered a question with no',
  unsupported:
    'The format is not supported, the image exceeds `--size-max=`, or the service is of a version that lacks the method',
  corrupt: 'The image is damaged or cut off',
  service: 'The service cannot be reached, is stopping, or closed the connection; with `--host=`, ssh failed',
  invalid: 'An image name, a URL or another parameter is not acceptable',
  file: 'A file or directory cannot be read or written',
  unknown: 'The check is not possible: nothing was recorded that the image could be compared with',
  metadata: 'With `--strict`: owners, modes or other metadata cannot be stored exactly',
  detached: 'You left the transfer running in the background with Ctrl-C',
};

const statuses = Object.entries(exitStatus).map(([name, status]) => ({ name: name as ExitStatusName, status }));

/** Fills the page of ferryctl(1): an item for each exit status, in the place of the heading `### EXIT STATUSES`. */
export function fillExitStatuses(source: string): string {
  const items = statuses.map(({ name, status }) => `### ${status}\n\n${exitStatusWords[name]}.`);
  return source.replace('### EXIT STATUSES', () => items.join('\n\n'));
}

/** The whole names of the errors of Ferry's own interfaces. */
function ownErrors(): string[] {
  const files = readdirSync('interfaces').filter((name) => /^io\.ferry\..*\.varlink$/.test(name));
  return files.flatMap((file) => {
    const { name: own, members } = parseInterface(readFileSync(join('interfaces', file), 'utf8'));
    return members.filter(({ kind }) => kind === 'error').map(({ name }) => `${own}.${name}`);
  });
}

/** docs/exit-statuses.md. */
export function exitStatusPage(): string {
  const client = Object.keys(clientStatuses).map((name) => `io.ferry.Client.${name}`);
  const names = [...ownErrors(), ...client, ...Object.keys(foreignStatuses)];
  const rows = statuses.map(({ name: status, status: number }) => {
    const errors = names.filter((name) => exitStatusOf(name) === status);
    return `| ${number} | ${exitStatusWords[status]} | ${errors.map((name) => `\`${name}\``).join('<br>')} |`;
  });
  return [introduction, '', '| Status | Meaning | Errors |', '|---:|---|---|', ...rows, ''].join('\n');
}

const introduction = `# Exit statuses and error names

<!-- Made by npm run generate from common/exit-statuses.ts and tools/manual/exit-statuses.ts. -->

\`ferryctl\` exits with one of these statuses. With \`--json=short\` or \`--json=pretty\` a command that fails also writes the error's name
to standard output; see [JSON output](json.md#when-a-command-fails). Errors named \`io.ferry.Client.…\` are those that the client finds
itself. The others come from the service, as they are on the wire.

- An error that has no row exits with ${exitStatus.failure}: only a newer service knows it.
- With several images or transfers, the status is that of the first failure. \`verify\` exits with ${exitStatus.verification} if any of the images is bad.
- \`--host=\` and \`--machine=\` change no status. A failure of ssh(1) itself exits with ${exitStatus.service}.
- A signal that ends \`ferryctl\` while no transfer runs gives the shell's status, 128 and the number of the signal.
- Called as \`importctl\`, every failure exits with ${exitStatus.failure}, as with that program.`;
