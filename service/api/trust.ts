import { validateUrl, withoutUserinfo } from '../../common/url.js';
import type {
  AddParameters,
  AddReply,
  CheckReply,
  Entry,
  ListReply,
  ShowParameters,
  ShowReply,
} from '../../interfaces/generated/io.ferry.Trust.generated.js';
import type { ServerCall } from '../../varlink/server/call.js';
import { parseReference } from '../formats/oci/reference.js';
import type { Host } from '../transfers/host.js';
import { addTrust, checkPattern, entryName } from '../transfers/kinds/add-trust.js';
import { checkTrust } from '../transfers/kinds/check-trust.js';
import { showTrust } from '../transfers/kinds/show-trust.js';
import { keyringPath, readTrustEntries, trustDirectories } from '../transfers/kinds/trust-files.js';
import { imageUrl, nameOfImage } from '../transfers/oci/demands.js';
import type { TrustEntry } from '../verify/trust/entry.js';
import { keyOnWire } from './key-on-wire.js';
import { onWire } from './on-wire.js';
import type { Interfaces } from './rights.js';
import type { Methods, PreparedCall } from './serve.js';
import { UserQueues } from './user-queues.js';

type Nothing = Record<never, never>;

/** Everybody may ask, and each answer takes a process: each user has one at a time. */
const questions = new UserQueues(1, 64);

/** io.ferry.Trust: who is trusted for which URLs. */
export class TrustInterface implements Methods<Interfaces['io.ferry.Trust']> {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  List(call: ServerCall<Nothing, ListReply>): PreparedCall {
    const run = async () => {
      const entries = await readTrustEntries(trustDirectories(this.#host));
      call.reply({ entries: entries.map(asEntry) });
    };
    return { run: () => questions.run(call, run) };
  }

  Show(call: ServerCall<ShowParameters, ShowReply>): PreparedCall {
    const url = urlOf(this.#host, withoutUserinfo(call.parameters.url));
    const run = async () => {
      const { entry, others, keys, problem, acceptsKeyrings } = await showTrust(this.#host, url, call.closed);
      call.reply({
        entry: entry === undefined ? null : asEntry(entry),
        others: others.map(asEntry),
        problem: problem ?? null,
        verify: entry?.minimum ?? null,
        acceptsKeyrings,
        keys: keys.map(keyOnWire),
      });
    };
    return { run: () => questions.run(call, run) };
  }

  Check(call: ServerCall<Nothing, CheckReply>): PreparedCall {
    const run = async () => {
      const findings = await checkTrust(this.#host, call.closed);
      call.reply({ findings: findings.map((finding) => onWire(finding)) });
    };
    return { run: () => questions.run(call, run) };
  }

  Add(call: ServerCall<AddParameters, AddReply>): PreparedCall {
    const { url, keyring, name, verify, force, dryRun } = call.parameters;
    const pattern = checkPattern(url);
    const request = {
      pattern,
      name: entryName(name ?? undefined, pattern),
      keyring: Buffer.from(keyring, 'base64'),
      minimum: verify ?? undefined,
      force: force ?? false,
      dryRun: dryRun ?? false,
    };
    const run = async () => {
      const { path, keyringPath: ring, keys } = await addTrust(this.#host, request, call.closed);
      call.reply({ path, keyringPath: ring, keys: keys.map((key) => keyOnWire({ ...key, keyring: ring })) });
    };
    return { run };
  }
}

/** A container image may be called by a short name, which entries do not have. */
function urlOf(host: Host, url: string): string {
  if (url.startsWith('docker://')) return imageUrl(nameOfImage(host, parseReference(url)));
  validateUrl(url);
  return url;
}

function asEntry(entry: TrustEntry): Entry {
  const { name, path, line, description, minimum, requireSigners, fingerprints, checksumFiles } = entry;
  const [fault] = entry.faults;
  return {
    name,
    path,
    line,
    urls: entry.patterns.map(({ text }) => text),
    description: description ?? null,
    verify: minimum ?? null,
    requireSigners,
    fingerprints: [...fingerprints],
    keyrings: entry.keySources.map(({ text, isInline }) => (isInline ? text : keyringPath(entry, text))),
    checksumFiles: [...checksumFiles],
    problem: fault === undefined ? null : `${path}:${fault.line} ${fault.reason}`,
  };
}
