import { constants, lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { errnoWords } from '../../../common/errno.js';
import { Failure } from '../../../common/failure.js';
import { errnoName, hasCode } from '../../../linux/errno.js';
import { escapeText, firstOf } from '../../../varlink/text.js';
import type { Keyring, SignatureDemand } from '../../processes/ipc/messages.js';
import { unusable } from '../../verify/policy/object.js';
import { type ChosenRequirements, parsePolicy, requirementsFor } from '../../verify/policy/policy.js';
import type { PolicyKey, Requirement } from '../../verify/policy/requirement.js';
import { type ImageName, printImageName } from '../../verify/sigstore/identity.js';
import type { Host } from '../host.js';

/** What is demanded of the signatures of an image. */
export interface Demands {
  readonly demands: SignatureDemand[];
  /** Who demands it: paths, and `--verify=signature`. */
  readonly sources: string[];
}

type PolicySettings = Pick<Host, 'scope' | 'environment'>;
type SigstoreSigned = Extract<Requirement, { readonly type: 'sigstoreSigned' }>;

/** The largest policy or file of a key, in bytes. */
const sizeMax = 1024 * 1024;
const advice = "have it signed with 'cosign sign --key', or change the policy";

/**
 * Where the policy for images may be (containers-policy.json(5)): the first file that is there counts alone. `$FERRY_CONTAINERS_DIRECTORY`
 * replaces /etc/containers.
 */
export function policyPaths({ scope, environment }: PolicySettings): string[] {
  const home = environment['HOME'];
  const hasOwn = scope === 'user' && home !== undefined && isAbsolute(home);
  return [
    ...(hasOwn ? [join(home, '.config', 'containers', 'policy.json')] : []),
    join(environment['FERRY_CONTAINERS_DIRECTORY'] || '/etc/containers', 'policy.json'),
  ];
}

/**
 * What the policy of the host demands of an image of a registry; nothing where there is no policy.
 *
 * @throws Failure VerificationFailed when it cannot be used, rejects the image, demands what cannot be checked, or names a key that cannot
 *   be read
 */
export async function demandsOfPolicy(host: PolicySettings, name: ImageName): Promise<Demands> {
  for (const path of policyPaths(host)) {
    const bytes = await readPolicy(path);
    if (bytes !== undefined) return await demandsBy(path, requirementsFor(parsePolicy(path, bytes), name), name);
  }
  return { demands: [], sources: [] };
}

async function demandsBy(path: string, chosen: ChosenRequirements, name: ImageName): Promise<Demands> {
  const { requirements } = chosen;
  for (const requirement of requirements) checkAllowed(path, chosen.place, requirement, name);
  const signed = requirements.filter((each): each is SigstoreSigned => each.type === 'sigstoreSigned');
  const demands = await Promise.all(signed.map((requirement) => demandBy(path, requirement)));
  return { demands, sources: demands.length === 0 ? [] : [path] };
}

/** @throws Failure VerificationFailed when no signature helps */
function checkAllowed(path: string, place: string, requirement: Requirement, name: ImageName): void {
  const [shown, policy, scope] = [printImageName(name), path, firstOf(place, 200)].map((text) => escapeText(text));
  const fail = (reason: string): never => {
    const message = `Cannot pull '${shown}': the policy ${policy} ${reason} (${scope}); change the policy if you want the image`;
    throw new Failure('VerificationFailed', message, { file: path });
  };
  if (requirement.type === 'reject') fail('rejects it');
  if (requirement.type === 'unsupported') fail(requirement.reason);
}

async function demandBy(path: string, { keys, identity }: SigstoreSigned): Promise<SignatureDemand> {
  return {
    source: `the policy ${escapeText(path)}`,
    advice,
    keyrings: await Promise.all(keys.map((key) => keyringOf(path, key))),
    fingerprints: [],
    requireSigners: 1,
    identity,
    mayBeNameless: false,
  };
}

async function keyringOf(policy: string, key: PolicyKey): Promise<Keyring> {
  if ('bytes' in key) return { path: `in ${policy}`, base64: key.bytes.toString('base64') };
  const read = await readSmall(key.path);
  if (Buffer.isBuffer(read)) return { path: key.path, base64: read.toString('base64') };
  const [shown, place] = [escapeText(key.path), escapeText(policy)];
  const message = `Cannot read the key ${shown} of the policy ${place}: ${read.reason}; correct the policy`;
  throw new Failure('VerificationFailed', message, { file: key.path });
}

async function readPolicy(path: string): Promise<Buffer | undefined> {
  const read = await readSmall(path);
  if (Buffer.isBuffer(read)) return read;
  if (read.isMissing) return undefined;
  throw unusable(path, read.reason);
}

/** Whether there is a link by that name, which leads nowhere. */
function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Not what would never end, such as a pipe. */
async function readSmall(path: string): Promise<Buffer | { readonly reason: string; readonly isMissing: boolean }> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await file.stat();
    if (!status.isFile()) return { reason: 'it is not a regular file', isMissing: false };
    if (status.size > sizeMax) return { reason: `it is larger than ${sizeMax} bytes`, isMissing: false };
    return await file.readFile();
  } catch (error) {
    const name = errnoName(error);
    if (name === undefined) throw error;
    const reason = `${errnoWords(name) ?? 'the system refused'} (${name})`;
    return { reason, isMissing: hasCode(error, 'ENOENT', 'ENOTDIR') && !isLink(path) };
  }
}
