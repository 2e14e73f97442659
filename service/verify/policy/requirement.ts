import { isAbsolute } from 'node:path';
import { bytesOf } from '../sigstore/bundle.js';
import { type IdentityRule, parseImageName } from '../sigstore/identity.js';
import type { PolicyObject } from './object.js';

/** What a policy requires of an image (containers-policy.json(5)). */
export type Requirement =
  | { readonly type: 'insecureAcceptAnything' | 'reject' }
  | {
      readonly type: 'sigstoreSigned';
      /** One of these has to have signed. */
      readonly keys: readonly PolicyKey[];
      readonly identity: IdentityRule;
    }
  /** What only other programs can do, as the rest of a sentence about the policy. */
  | { readonly type: 'unsupported'; readonly reason: string };

export type PolicyKey = { readonly path: string } | { readonly bytes: Buffer };

/** Of one requirement. */
const keysMax = 100;

/**
 * Reads a requirement. It is refused with any field that is not known, as a misspelt one must not lower what is required.
 *
 * @throws Failure VerificationFailed when it makes no sense
 */
export function readRequirement(object: PolicyObject): Requirement {
  const type = object.mustText('type');
  const read = Object.hasOwn(readers, type) ? readers[type as keyof typeof readers] : undefined;
  if (read === undefined) return object.fail('type', `is '${type}', which is not known`);
  const requirement = read(object);
  object.finish();
  return requirement;
}

const readers = {
  insecureAcceptAnything: (): Requirement => ({ type: 'insecureAcceptAnything' }),
  reject: (): Requirement => ({ type: 'reject' }),
  signedBy,
  sigstoreSigned,
} as const;

const keyTypes = ['GPGKeys', 'signedByGPGKeys', 'X509Certificates', 'signedByX509CAs'];

/** OpenPGP signatures lie outside the registry, where Ferry does not look. */
function signedBy(object: PolicyObject): Requirement {
  const type = object.mustText('keyType');
  if (!keyTypes.includes(type)) object.fail('keyType', `is '${type}', which is not known`);
  object.take(oneOf(object, ['keyPath', 'keyPaths', 'keyData']));
  readIdentity(object);
  return { type: 'unsupported', reason: 'demands an OpenPGP signature (signedBy), which Ferry cannot check' };
}

function sigstoreSigned(object: PolicyObject): Requirement {
  const source = oneOf(object, ['keyPath', 'keyPaths', 'keyData', 'keyDatas', 'fulcio', 'pki']);
  const identity = readIdentity(object);
  const logs = ['rekorPublicKeyPath', 'rekorPublicKeyPaths', 'rekorPublicKeyData', 'rekorPublicKeyDatas'];
  const [log] = logs.filter((name) => object.take(name) !== undefined);
  if (source === 'fulcio' || source === 'pki') {
    object.take(source);
    const reason = `demands a signature without a key (${source}), which only a transparency log could vouch for; Ferry asks no such log`;
    return { type: 'unsupported', reason };
  }
  const keys = keysOf(object, source);
  if (log !== undefined)
    return { type: 'unsupported', reason: `demands an entry in a transparency log (${log}), which Ferry does not ask` };
  return { type: 'sigstoreSigned', keys, identity };
}

function keysOf(object: PolicyObject, source: string): PolicyKey[] {
  const texts = source.endsWith('s') ? object.mustTexts(source, keysMax) : [object.mustText(source)];
  if (source.startsWith('keyData'))
    return texts.map((text) => ({ bytes: bytesOf(text) ?? object.fail(source, 'is not base64') }));
  const relative = texts.find((path) => !isAbsolute(path));
  if (relative !== undefined) object.fail(source, `has '${relative}', which is not an absolute path`);
  return texts.map((path) => ({ path }));
}

function oneOf(object: PolicyObject, names: readonly string[]): string {
  const [found, more] = names.filter((name) => object.has(name));
  if (found === undefined)
    return object.fail(names[0] ?? '', `is missing, and so is any of ${names.slice(1).join(', ')}`);
  if (more !== undefined) return object.fail(more, `is there beside ${found}, and only one of them can be`);
  return found;
}

function readIdentity(parent: PolicyObject): IdentityRule {
  const object = parent.object('signedIdentity');
  if (object === undefined) return { kind: 'matchRepoDigestOrExact' };
  const kind = object.mustText('type');
  const rule = identityOf(object, kind);
  object.finish();
  return rule;
}

function identityOf(object: PolicyObject, kind: string): IdentityRule {
  if (kind === 'matchExact' || kind === 'matchRepoDigestOrExact' || kind === 'matchRepository') return { kind };
  if (kind === 'exactReference') {
    const value = object.mustText('dockerReference');
    const name = parseImageName(value);
    if (name === undefined || (name.tag === undefined && name.digest === undefined))
      return object.fail('dockerReference', 'is not a reference with a tag or a digest');
    return { kind, value };
  }
  if (kind === 'exactRepository') {
    const value = object.mustText('dockerRepository');
    return parseImageName(value) ? { kind, value } : object.fail('dockerRepository', 'is not the name of a repository');
  }
  if (kind === 'remapIdentity')
    return { kind, value: prefixIn(object, 'prefix'), signedPrefix: prefixIn(object, 'signedPrefix') };
  return object.fail('type', `is '${kind}', which is not known`);
}

/** A registry, or what names in it begin with, without tag and digest. */
function prefixIn(object: PolicyObject, name: string): string {
  const prefix = object.mustText(name);
  const isPrefix = /^[A-Za-z0-9.[\]-]+(?::[0-9]+)?(?:\/[a-z0-9._/-]+)?$/.test(prefix) && !/\/$|\/\//.test(prefix);
  return isPrefix ? prefix : object.fail(name, 'is not a registry, or the beginning of names there');
}
