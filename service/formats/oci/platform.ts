import { arch, endianness } from 'node:os';
import { Failure } from '../../../common/failure.js';
import { escapeText, firstOf } from '../../../varlink/text.js';

/** What an image is for, in the words of Go: `linux`, `arm`, `v7`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

/** Names of node and of the kernel for what Go calls otherwise. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  ia32: '386',
  i386: '386',
  i686: '386',
  x86: '386',
  aarch64: 'arm64',
  loongarch64: 'loong64',
  mipsel: 'mipsle',
};
const withVariant: Readonly<Record<string, readonly [string, string]>> = {
  armhf: ['arm', 'v7'],
  armv7l: ['arm', 'v7'],
  armel: ['arm', 'v6'],
  armv6l: ['arm', 'v6'],
};

/**
 * Reads `OS/ARCHITECTURE[/VARIANT]` or an architecture alone, by Go's names or the kernel's; without text it is that of this host.
 *
 * @throws Failure InvalidUrl when it is not a platform
 */
export function parsePlatform(text?: string | undefined): Platform {
  if (text === undefined) return hostPlatform();
  const parts = text.toLowerCase().split('/');
  const [os = '', architecture = '', variant] = parts.length === 1 ? ['linux', ...parts] : parts;
  if (
    parts.length > 3 ||
    ![os, architecture, variant ?? 'v1'].every((part) => /^[a-z0-9][a-z0-9_.-]{0,31}$/.test(part))
  ) {
    const shown = escapeText(firstOf(text, 100));
    const message = `Cannot use the platform '${shown}': it is not OS/ARCHITECTURE[/VARIANT], such as linux/arm64`;
    throw new Failure('InvalidUrl', message, { url: shown });
  }
  return normalized({ os, architecture, variant });
}

export function printPlatform({ os, architecture, variant }: Platform): string {
  return [os || 'any', architecture || 'any', ...(variant === undefined ? [] : [variant])].join('/');
}

/** In Go's words, without the variant that goes without saying. */
function normalized({ os, architecture, variant }: Platform): Platform {
  const [base, implied] = withVariant[architecture] ?? [architectures[architecture] ?? architecture, variant];
  const own = variant ?? implied;
  if (base === 'arm64' && (own === 'v8' || own === '8')) return { os, architecture: base, variant: undefined };
  if (base === 'amd64' && own === 'v1') return { os, architecture: base, variant: undefined };
  if (base === 'arm') return { os, architecture: base, variant: /^\d/.test(own ?? '') ? `v${own}` : (own ?? 'v7') };
  return { os, architecture: base, variant: own };
}

function hostPlatform(): Platform {
  const own = arch();
  if (own === 'ppc64' && endianness() === 'LE') return { os: 'linux', architecture: 'ppc64le' };
  return normalized({ os: 'linux', architecture: own });
}

/**
 * How well an image for one platform runs on another, the larger the better; undefined if it does not. An older variant runs on a newer
 * one; what an index does not say suits all.
 */
function suitability(offered: Platform | undefined, wanted: Platform): number | undefined {
  if (offered === undefined) return 0;
  const { os, architecture, variant } = normalized(offered);
  if (os !== '' && os !== wanted.os) return undefined;
  if (architecture !== '' && architecture !== wanted.architecture) return undefined;
  // An image for "arm" alone may be for any of them: it counts less than one that says what it needs.
  if (offered.variant === undefined && architecture === 'arm') return 1;
  if (variant === wanted.variant) return 1000;
  const [level, limit] = [levelOf(variant), levelOf(wanted.variant)];
  return level <= limit ? 1 + level : undefined;
}

function levelOf(variant: string | undefined): number {
  if (variant === undefined) return 1;
  const [, digits] = /^v(\d{1,2})/.exec(variant) ?? [];
  return digits === undefined ? Number.POSITIVE_INFINITY : Number(digits);
}

/**
 * The entries of an index that suit a platform, the best one first; of equals the first.
 */
export function suitable<Entry extends { readonly platform: Platform | undefined }>(
  entries: readonly Entry[],
  wanted: Platform,
): Entry[] {
  const rated = entries.flatMap((entry) => {
    const value = suitability(entry.platform, wanted);
    return value === undefined ? [] : [{ entry, value }];
  });
  return rated.sort((a, b) => b.value - a.value).map(({ entry }) => entry);
}
