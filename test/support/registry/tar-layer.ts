/** One entry of a layer. Without content it is a directory where its path ends in a slash, else an empty file. */
export interface LayerEntry {
  readonly path: string;
  readonly type?: 'file' | 'directory' | 'symbolicLink' | 'hardLink' | 'characterDevice' | 'blockDevice' | 'fifo';
  readonly content?: Buffer | string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Of a link. */
  readonly target?: string;
  /** Of a device. */
  readonly device?: readonly [major: number, minor: number];
  /** Seconds since 1970. */
  readonly mtime?: number;
  /** Such as `user.comment`, written as SCHILY.xattr records. */
  readonly attributes?: Readonly<Record<string, Buffer | string>>;
  /** Further records of the extended header. */
  readonly records?: Readonly<Record<string, string>>;
}

const types = {
  file: '0',
  hardLink: '1',
  symbolicLink: '2',
  characterDevice: '3',
  blockDevice: '4',
  directory: '5',
  fifo: '6',
} as const;
const noTime = 1_700_000_000;

/** Packs entries as they are given, whatever they say: nothing of it is made better. */
export function packLayer(entries: readonly LayerEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), Buffer.alloc(1024)]);
}

function entryBlocks(entry: LayerEntry): Buffer[] {
  const content = Buffer.from(entry.content ?? '');
  const records = recordsOf(entry);
  const blocks = [header(entry, typeOf(entry), content.length), ...padded(content)];
  if (records.length === 0) return blocks;
  return [header({ path: 'PaxHeaders/entry' }, 'x', records.length), ...padded(records), ...blocks];
}

function typeOf({ type, path }: LayerEntry): string {
  return types[type ?? (path.endsWith('/') ? 'directory' : 'file')];
}

function recordsOf({ path, target = '', attributes = {}, records = {} }: LayerEntry): Buffer {
  const all: [string, Buffer][] = Object.entries(records).map(([key, value]) => [key, Buffer.from(value)]);
  if (Buffer.byteLength(path) > 100) all.push(['path', Buffer.from(path)]);
  if (Buffer.byteLength(target) > 100) all.push(['linkpath', Buffer.from(target)]);
  for (const [name, value] of Object.entries(attributes)) all.push([`SCHILY.xattr.${name}`, Buffer.from(value)]);
  return Buffer.concat(all.map(([key, value]) => record(key, value)));
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits: pax(1). */
function record(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length > length) length++;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function padded(content: Buffer): Buffer[] {
  return content.length === 0 ? [] : [content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

function header(entry: LayerEntry, type: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, at: number, digits: number) =>
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  block.write(entry.path, 0, 100);
  octal(entry.mode ?? (type === '5' ? 0o755 : 0o644), 100, 7);
  octal(entry.uid ?? 0, 108, 7);
  octal(entry.gid ?? 0, 116, 7);
  octal(size, 124, 11);
  octal(entry.mtime ?? noTime, 136, 11);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write(entry.target ?? '', 157, 100);
  block.write('ustar\x0000', 257, 'latin1');
  octal(entry.device?.[0] ?? 0, 329, 7);
  octal(entry.device?.[1] ?? 0, 337, 7);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block[154] = 0;
  return block;
}
