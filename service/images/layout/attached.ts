import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { searchPaths } from '../../../common/image-classes.js';
import { quoteWord } from '../../../common/text.js';
import { hasCode } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn } from '../install/file-system-failure.js';
import type { ImageOwner } from './host.js';

/** A unit that portablectl(1) has attached from an image. */
export interface Attachment {
  /** The drop-in file that names the image. */
  readonly dropIn: string;
  readonly unit: string;
  /** The images that it was attached from: the root, and extensions over it. */
  readonly paths: readonly string[];
  /** What portablectl is to be told beside the verb and the images. */
  readonly options: readonly string[];
}

interface AttachedDirectory {
  readonly path: string;
  readonly options: readonly string[];
}

/** Where portabled puts what it attaches (lookup_paths_init() of path-lookup.c): to stay, and with --runtime. */
function attachedDirectories({ scope, environment }: ImageOwner): AttachedDirectory[] {
  const ofSystem = [
    { path: '/etc/systemd/system.attached', options: [] },
    { path: '/run/systemd/system.attached', options: ['--runtime'] },
  ];
  if (scope === 'system') return ofSystem;
  const { XDG_CONFIG_HOME: config, XDG_RUNTIME_DIR: runtime, HOME: home } = environment;
  const base = config?.startsWith('/') ? config : home?.startsWith('/') ? join(home, '.config') : undefined;
  const persistent = base === undefined ? [] : [{ path: join(base, 'systemd/user.attached'), options: ['--user'] }];
  const ofRuntime = runtime?.startsWith('/')
    ? [{ path: join(runtime, 'systemd/user.attached'), options: ['--user', '--runtime'] }]
    : [];
  return [...persistent, ...ofRuntime, ...ofSystem];
}

function orElse<Value>(action: () => Value, otherwise: Value): Value {
  try {
    return action();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'EISDIR', 'ENAMETOOLONG')) return otherwise;
    throw error;
  }
}

/** Undoes xescape() of systemd: `\x3a` is a colon in a path, as colons stand between paths. */
function unescaped(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** The images that a drop-in of portabled names in its first line (make_marker_text() of portable.c); none for other files. */
function imagesOf(dropIn: string): string[] {
  const [line = ''] = orElse(() => readFileSync(dropIn, 'latin1'), '').split('\n');
  const [, marker] = /^# Drop-in created for image '(.*)', do not edit\.$/.exec(line) ?? [];
  const paths = marker?.split(':').map((path) => Buffer.from(unescaped(path), 'latin1').toString()) ?? [];
  return paths.filter((path) => path.startsWith('/'));
}

/**
 * The drop-ins of portabled, as portable_detach() of systemd looks for them: it may have removed the unit itself, and still says what runs
 * from the image, and detaches it.
 */
function attachmentsIn({ path, options }: AttachedDirectory): Attachment[] {
  const names = failOn(path, () => orElse(() => readdirSync(path), []));
  const units = names.filter((name) => name.endsWith('.d')).map((name) => name.slice(0, -2));
  return units.flatMap((unit) => {
    const dropIn = join(path, `${unit}.d`, '20-portable.conf');
    const paths = failOn(dropIn, () => imagesOf(dropIn));
    return paths.length === 0 ? [] : [{ dropIn, unit, paths, options }];
  });
}

function resolved(path: string): string {
  return failOn(path, () => orElse(() => realpathSync(path), path));
}

/**
 * The units that portablectl(1) has attached, by the paths of their images. Images are told apart by their paths: portabled takes all
 * versions of an image, and images of one name in several directories, for the same.
 *
 * @throws Failure FileSystemError when nobody can tell
 */
export function attachmentsByPath(host: ImageOwner): Map<string, Attachment> {
  const found = new Map<string, Attachment>();
  for (const attachment of attachedDirectories(host).flatMap(attachmentsIn)) {
    for (const path of attachment.paths.map(resolved)) if (!found.has(path)) found.set(path, attachment);
  }
  return found;
}

/**
 * The unit that portablectl(1) has attached from an image.
 *
 * @param path of the image; links to it count as it does
 * @throws Failure FileSystemError when nobody can tell
 */
export function attachmentOf(path: string, host: ImageOwner): Attachment | undefined {
  return attachmentIn(attachmentsByPath(host), path);
}

/** The same, where it is known what is attached. */
export function attachmentIn(attachments: ReadonlyMap<string, Attachment>, path: string): Attachment | undefined {
  return attachments.size === 0 ? undefined : attachments.get(resolved(path));
}

/** How portablectl(1) may be told of an image: by its name where it looks for it itself. */
function nameFor(path: string, host: ImageOwner): string {
  const isFound = searchPaths('portable', host.scope, host.environment).includes(dirname(path));
  return quoteWord(isFound ? basename(path).replace(/\.raw$/, '') : path);
}

/** The command that does something with what is attached. */
export function portableCommand(verb: string, { paths, options }: Attachment, host: ImageOwner): string {
  const [root = '', ...extensions] = paths.map((path) => nameFor(path, host));
  return ['portablectl', ...options, verb, ...extensions.map((name) => `--extension=${name}`), root].join(' ');
}

/**
 * Refuses what would take an image from under the units that are attached from it, as portabled does.
 *
 * @throws Failure ImageBusy while it is attached, FileSystemError when nobody can tell
 */
export function refuseAttached(path: string, name: string, host: ImageOwner): void {
  const attachment = attachmentOf(path, host);
  if (attachment === undefined) return;
  const { unit, dropIn } = attachment;
  const message = `'${escapeText(name)}' is attached as the portable service ${escapeText(unit)} (${escapeText(dropIn)}); detach it with '${portableCommand('detach', attachment, host)}'`;
  throw new Failure('ImageBusy', message, { name });
}
