import type { RegistryAccess } from '../../../../../service/http/registry/access.js';
import type { ResolveRequest } from '../../../../../service/http/registry/resolution.js';
import { resolveImage } from '../../../../../service/http/registry/resolve.js';
import { FakeRegistry } from '../../../../support/registry/fake-registry.js';
import { amd64, type Image } from '../../../../support/registry/images.js';
import { open } from '../downloading.js';

export function accessOf(registry: FakeRegistry, more: Partial<RegistryAccess> = {}): RegistryAccess {
  return { base: registry.base, repository: 'a/b', ...more };
}

export interface Asked {
  locations?: readonly RegistryAccess[];
  tag?: string | undefined;
  digest?: string;
  platform?: { os: string; architecture: string; variant?: string };
  notices?: string[];
  judge?: ResolveRequest['judge'];
}

export async function resolve(registry: FakeRegistry, asked: Asked = {}) {
  const { locations = [accessOf(registry)], tag = 'latest', digest, platform = amd64, notices = [], judge } = asked;
  using network = open();
  const { signal } = new AbortController();
  const onNotice = (message: string) => void notices.push(message);
  const told = { onDetail: () => {}, onNotice, onWarning: onNotice };
  return await resolveImage({ network, locations, tag, digest, platform, signal, judge, ...told });
}

/** A registry that has one image under `latest`. */
export async function having(made: Image): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start();
  registry.push('a/b', made, 'latest');
  return registry;
}
