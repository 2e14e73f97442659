import type { ImageName } from '../sigstore/identity.js';
import { PolicyObject } from './object.js';
import { type Requirement, readRequirement } from './requirement.js';

/** Which requirements images have to meet (containers-policy.json(5)). */
export interface Policy {
  readonly default: readonly Requirement[];
  /** By the name of a transport, and a scope there. */
  readonly transports: ReadonlyMap<string, ReadonlyMap<string, readonly Requirement[]>>;
}

/** The requirements that count for an image. */
export interface ChosenRequirements {
  /** Where they stand: `default`, or the transport and the scope, such as `docker: 'docker.io'`. */
  readonly place: string;
  readonly requirements: readonly Requirement[];
}

/**
 * Reads a policy, as strictly as containers/image does.
 *
 * @throws Failure VerificationFailed when it makes no sense, or has something that is not known
 */
export function parsePolicy(path: string, bytes: Buffer): Policy {
  const file = PolicyObject.parse(path, bytes);
  const policy = {
    default: file.mustObjects('default').map(readRequirement),
    transports: new Map<string, Map<string, Requirement[]>>(),
  };
  const transports = file.object('transports');
  file.finish();
  for (const transport of transports?.names ?? []) {
    const scopes = transports?.object(transport);
    const read = (scopes?.names ?? []).map((scope) => {
      return [scope, scopes?.mustObjects(scope).map(readRequirement) ?? []] as const;
    });
    policy.transports.set(transport, new Map(read));
  }
  return policy;
}

/** The requirements for an image of a registry: those of the most specific scope that covers it. */
export function requirementsFor(policy: Policy, name: ImageName): ChosenRequirements {
  const own = policy.transports.get('docker');
  for (const scope of scopesOf(name)) {
    const requirements = own?.get(scope);
    if (requirements !== undefined) return { place: `docker: '${scope}'`, requirements };
  }
  return { place: 'default', requirements: policy.default };
}

/** From the image itself to all of the transport. */
function scopesOf({ repository, tag, digest }: ImageName): string[] {
  const [registry = '', ...components] = repository.split('/');
  const prefixes = components.map((_, index) =>
    [registry, ...components.slice(0, components.length - index)].join('/'),
  );
  const host = registry.replace(/:[0-9]+$/, '');
  const labels = host.split('.');
  const wildcards = labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`);
  const image = digest === undefined ? `${repository}:${tag ?? 'latest'}` : `${repository}@${digest}`;
  return [image, ...prefixes, registry, ...wildcards, ''];
}
