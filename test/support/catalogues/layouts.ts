import { appliances } from './appliances.js';
import { distributions } from './distributions.js';
import { fedora } from './fedora.js';
import type { ListAlgorithm, ListStyle } from './lists.js';
import type { Scheme } from './publisher.js';

/** A checksum file beside an image. In names, %f stands for the image's file name. */
export interface ListFile {
  readonly list: string;
  readonly style: ListStyle;
  readonly algorithms: readonly ListAlgorithm[];
  /** What is listed beside the image. */
  readonly others?: readonly string[];
  /** Listed in place of the image's own name. */
  readonly alias?: string;
  readonly isClearSigned?: boolean;
  readonly lineEnd?: '\r\n' | 'none at the end';
}

/** A detached signature. */
export interface SignatureFile {
  readonly signature: string;
  readonly over: string;
  readonly scheme?: Scheme;
  readonly form?: 'binary' | 'armored';
}

/** Something that lies there as well, and vouches for nothing. */
export interface OtherFile {
  readonly other: string;
  readonly text: string;
}

export type BesideFile = ListFile | SignatureFile | OtherFile;

/** What a catalogue publishes beside an image. */
export interface Layout {
  readonly catalogue: string;
  /** What the image's URL is. */
  readonly url: string;
  readonly beside: readonly BesideFile[];
  /** Whether something there vouches for the image under --verify=signature. */
  readonly isSigned?: boolean;
  /** The same under --verify=checksum. */
  readonly hasChecksum?: boolean;
}

/** Each catalogue, with the variants that are met. */
export const layouts: readonly Layout[] = [...distributions, ...fedora, ...appliances];

export function nameOf({ url }: Layout): string {
  return decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
}

/** A name as the layout has it, for its image. */
export function named(layout: Layout, name: string): string {
  return name.replaceAll('%f', nameOf(layout));
}

export function titleOf(layout: Layout): string {
  return `${layout.catalogue}: ${nameOf(layout)}`;
}
