import assert from 'node:assert/strict';
import { sha256 } from '../../support/files.js';
import type { FaultServer } from '../../support/servers/fault-server.js';

/** How a client ends that was led to a service. */
interface Ended {
  readonly status: number | null;
  readonly stdout: string | Buffer;
  readonly stderr: string;
}

const bytes = Buffer.alloc(1 << 20, 1);

/** Serves a disk with a checksum file. Gives back the URL of the disk. */
export function serveDisk(server: FaultServer): string {
  server.serve('/SHA256SUMS', `${sha256(bytes)}  disk.raw\n`);
  return server.serve('/disk.raw', bytes);
}

/**
 * Asks a service, wherever it is, everything that it can know of an image: what it is, whether it is still that, what it takes, what can
 * go, what was done, and who is trusted.
 *
 * @param ferryctl runs a command there
 * @param url of serveDisk()
 */
export async function knowThere(ferryctl: (...words: string[]) => Promise<Ended>, url: string): Promise<void> {
  const ask = async (...words: string[]) => {
    const { status, stdout, stderr } = await ferryctl('--json=short', ...words);
    assert.equal(status, 0, `${words.join(' ')}: ${stderr}`);
    return JSON.parse(String(stdout));
  };
  const pulled = await ferryctl('pull-raw', '-m', '--verify=checksum', url, 'disk');
  assert.equal(pulled.status, 0, pulled.stderr);

  const [shown] = await ask('show', '--recount', 'disk');
  assert.deepEqual([shown.image.name, shown.size.bytes, shown.provenanceState], ['disk', bytes.length, 'known']);
  assert.deepEqual([shown.provenance.url, shown.provenance.verification], [url, 'checksum']);

  const kinds = async (...options: string[]) => {
    const [{ verdict, checks }] = await ask('verify', ...options, 'disk');
    return [verdict, ...checks.map((check: { kind: string; verdict: string }) => `${check.kind} ${check.verdict}`)];
  };
  assert.deepEqual(await kinds(), ['good', 'record good', 'pristine good', 'image good', 'proofs good']);
  assert.deepEqual(await kinds('--online'), ['good', 'record good', 'pristine good', 'image good', 'server good']);

  const usage: { kind: string; count: number; bytes: number }[] = await ask('df', '-m');
  const counts = usage.map(({ kind, count }) => [kind, count]);
  assert.deepEqual(counts, [
    ['pristine', 1],
    ['image', 1],
  ]);
  const listed: { name: string }[] = await ask('list-images', '--all', '--filter=class=machine', '--sort=name');
  assert.deepEqual([listed.length >= 2, listed.at(-1)?.name], [true, 'disk']);

  assert.deepEqual(await ask('clean', '-m', '--keep=1'), []);
  assert.deepEqual(await ask('clean', '-m', '--older-than=1d'), []);
  const going: { path: string; reason: string }[] = await ask('clean', '-m', '--older-than=0s', '--dry-run');
  assert.ok(going.length > 0);
  assert.deepEqual(await ask('clean', '-m', '--older-than=0s'), going);
  assert.deepEqual(await ask('clean', '-m', '--older-than=0s'), []);

  const events: { operation: string; name: string | null; verification: string | null }[] = await ask('history');
  assert.deepEqual(
    events.map(({ operation, name, verification }) => [operation, name, verification]),
    [['pull', 'disk', 'checksum'], ...Array(4).fill(['clean', null, null])],
  );
  assert.deepEqual(
    (await ask('history', '--lines=1', 'disk')).map(({ operation }: { operation: string }) => operation),
    ['pull'],
  );

  assert.ok(Array.isArray(await ask('trust', 'list')));
  assert.ok('entry' in (await ask('trust', 'show', url)));
}
