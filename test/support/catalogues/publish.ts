import type { Layout, ListFile, SignatureFile } from './layouts.js';
import { named, nameOf } from './layouts.js';
import { type Entry, writeList } from './lists.js';
import type { KeyState, Publisher, Scheme } from './publisher.js';

/** What a publisher does otherwise than usual, or someone in between. */
export interface Conduct {
  /** Of the key that signs. */
  readonly key?: KeyState;
  /** Changes what is listed. */
  readonly list?: (entries: readonly Entry[]) => readonly Entry[];
  /** Changes the text of a list before it is signed. */
  readonly write?: (text: string) => Buffer;
  /** Signs something else in place of a file. */
  readonly signInstead?: (content: Buffer) => Buffer;
}

/** The files beside an image, by their names, in the order of the layout. */
export type Files = Map<string, Buffer>;

/**
 * Makes what lies beside an image in a layout.
 *
 * @throws Error when the layout has a signature before what it is over
 */
export async function publish(
  layout: Layout,
  image: Buffer,
  publisher: Publisher,
  conduct: Conduct = {},
): Promise<Files> {
  const files: Files = new Map();
  for (const file of layout.beside) {
    if ('list' in file) files.set(named(layout, file.list), await makeList(layout, file, image, publisher, conduct));
    else if ('signature' in file) {
      const over = named(layout, file.over);
      const content = over === nameOf(layout) ? image : files.get(over);
      if (content === undefined) throw new Error(`${over} has to stand before ${file.signature}`);
      files.set(named(layout, file.signature), await makeSignature(file, over, content, publisher, conduct));
    } else files.set(named(layout, file.other), Buffer.from(file.text));
  }
  return files;
}

async function makeList(
  layout: Layout,
  file: ListFile,
  image: Buffer,
  publisher: Publisher,
  { key, list = (entries) => entries, write = (text) => Buffer.from(text), signInstead = same }: Conduct,
): Promise<Buffer> {
  const own: Entry = { name: file.alias ?? nameOf(layout), bytes: image };
  const others = (file.others ?? []).map((name) => ({ name: named(layout, name), bytes: Buffer.from(name) }));
  const [before, ...after] = others;
  const entries = list([...(before === undefined ? [] : [before]), own, ...after]);
  const text = withLineEnds(writeList(file.style, file.algorithms, entries), file.lineEnd);
  const bytes = write(text);
  if (!file.isClearSigned) return bytes;
  const form = { scheme: 'openpgp', form: 'clear', file: file.list } as const;
  const signed = await publisher.sign(signInstead(bytes), form, key);
  return signInstead === same ? signed : withText(signed.toString(), bytes.toString());
}

/** A clear-signed file with another text before its signature. */
function withText(file: string, text: string): Buffer {
  const [start, end] = [file.indexOf('\n\n') + 2, file.indexOf('-----BEGIN PGP SIGNATURE-----')];
  return Buffer.from(`${file.slice(0, start)}${text}${file.slice(end)}`);
}

function withLineEnds(text: string, lineEnd: ListFile['lineEnd']): string {
  if (lineEnd === undefined) return text;
  return lineEnd === '\r\n' ? text.replaceAll('\n', '\r\n') : text.trimEnd();
}

function makeSignature(
  { scheme = 'openpgp', form = 'binary' }: SignatureFile,
  file: string,
  content: Buffer,
  publisher: Publisher,
  { key, signInstead = same }: Conduct,
): Promise<Buffer> {
  return publisher.sign(signInstead(content), { scheme, form, file }, key);
}

function same(content: Buffer): Buffer {
  return content;
}

/** The schemes that a layout has signatures of. */
export function schemesOf({ beside }: Layout): Scheme[] {
  const schemes = beside.flatMap((file): Scheme[] => {
    if ('list' in file) return file.isClearSigned === true ? ['openpgp'] : [];
    return 'signature' in file ? [file.scheme ?? 'openpgp'] : [];
  });
  return [...new Set(schemes)];
}

/** The names of the files of one kind. */
export function listsOf(layout: Layout): string[] {
  return layout.beside.flatMap((file) => ('list' in file ? [named(layout, file.list)] : []));
}

export function signaturesOf(layout: Layout): string[] {
  return layout.beside.flatMap((file) => ('signature' in file ? [named(layout, file.signature)] : []));
}
