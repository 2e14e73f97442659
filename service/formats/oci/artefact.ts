import { Failure } from '../../../common/failure.js';
import { compressionSuffixes, stripTarSuffix } from '../../../common/suffixes.js';
import { escapeText, firstOf } from '../../../varlink/text.js';
import type { Document } from './document.js';
import { type Descriptor, descriptorOf, type Manifest } from './manifest.js';

/*
 * Artefacts: files that a registry keeps as the layers of a manifest (image-spec, manifest.md, "Guidelines for Artifact Usage"). Their
 * types may be any; what a file is shows when it comes.
 */

/** The annotation of a layer that names the file that it is; oras(1) writes it. */
export const titleAnnotation = 'org.opencontainers.image.title';
const titleMax = 255;

/** Of configurations of container images. */
const imageConfigTypes = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'];

const diskPattern = /\.(?:raw|img|qcow2|bin|iso)$/i;

/** A file of an artefact. */
export interface ArtefactFile extends Descriptor {
  /** What it is called, without directories; undefined if nothing says. */
  readonly title: string | undefined;
}

/**
 * Reads what names a file of an artefact.
 *
 * @throws Failure Corrupt, UnsupportedFormat as descriptorOf()
 */
export function artefactFile(document: Document): ArtefactFile {
  const title = document.object('annotations')?.text(titleAnnotation)?.replace(/^.*\//s, '') ?? '';
  const isName = title !== '' && Buffer.byteLength(title) <= titleMax;
  return { ...descriptorOf(document), title: isName ? title : undefined };
}

/** Whether a manifest describes a container image: its layers make sense only together. */
export function isContainerImage({ config, layers }: Manifest<ArtefactFile>): boolean {
  return imageConfigTypes.includes(config.mediaType) && layers.every(({ title }) => title === undefined);
}

interface Titled {
  readonly title?: string | undefined;
}

/** Which file of an artefact is meant. */
export interface FileChoice {
  readonly format: 'tar' | 'raw';
  /** Its title, if the caller gives it. */
  readonly title: string | undefined;
}

/**
 * Chooses a file of an artefact: that with the given title, or the only one, or the only one whose title is that of a disk, or of a tar
 * archive.
 *
 * @param subject how messages call the artefact
 * @throws Failure UnsupportedFormat when no file fits, or several do
 */
export function chooseFile<File extends Titled>(
  files: readonly File[],
  { format, title }: FileChoice,
  subject: string,
): File {
  const named = files.filter((file) => file.title === title);
  if (title !== undefined)
    return onlyOf(named) ?? refuse(files, subject, `it does not have exactly one file named '${shown(title)}'`);
  const fitting = files.filter((file) => file.title !== undefined && isCalled(file.title, format));
  return onlyOf(files) ?? onlyOf(fitting) ?? refuse(files, subject, `it has ${files.length} files`);
}

function onlyOf<Thing>(things: readonly Thing[]): Thing | undefined {
  return things.length === 1 ? things[0] : undefined;
}

/** Whether a file name says that it is in a format, compressed or not. */
function isCalled(title: string, format: FileChoice['format']): boolean {
  if (format === 'tar') return stripTarSuffix(title) !== title;
  const suffix = [...compressionSuffixes, '.lz4', '.lzma'].find((each) => title.endsWith(each)) ?? '';
  return diskPattern.test(title.slice(0, title.length - suffix.length));
}

function refuse(files: readonly Titled[], subject: string, reason: string): never {
  const titles = files.flatMap(({ title }) => (title === undefined ? [] : [`'${shown(title)}'`]));
  const allowed = titles.length === 0 ? 'none of them has a title' : firstOf(titles.join(', '), 500);
  const message = `Cannot choose a file of ${subject}: ${reason} (${allowed}); write oci://REFERENCE#FILE`;
  throw new Failure('UnsupportedFormat', message, { needed: 'one file', allowed });
}

function shown(title: string): string {
  return escapeText(firstOf(title, 100));
}
