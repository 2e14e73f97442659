import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { formatBytes } from '../../common/sizes.js';
import { formatTimestamp, type ZoneNamer, zoneNamer } from '../../common/timestamp.js';
import { escapeText } from '../../varlink/text.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { Image, Integer } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import type { Json } from '../terminal/json.js';
import { writeListing } from '../terminal/listing.js';
import type { Cell, Column } from '../terminal/table.js';

export const imageColumns: readonly Column[] = [
  { heading: 'CLASS' },
  { heading: 'NAME', shorten: 'start' },
  { heading: 'TYPE' },
  { heading: 'PATH', shorten: 'ends' },
  { heading: 'RO' },
  { heading: 'CRTIME' },
  { heading: 'MTIME' },
  { heading: 'USAGE', align: 'right' },
  { heading: 'LIMIT', align: 'right' },
];

export default class ListImages extends VerbCommand {
  override async perform(session: Session): Promise<number> {
    const connection = await session.connect();
    const { settings } = session;
    const { images } = await attempt('list images', () =>
      connection.image.list({
        ...(settings.class === undefined ? {} : { class: settings.class }),
        ...(settings.imageRoot === undefined ? {} : { imageRoot: settings.imageRoot }),
      }),
    );
    const { imageRoot } = settings;
    const isHere = connection.route.elsewhere === undefined;
    if (imageRoot !== undefined && images.length === 0 && isHere && !existsSync(imageRoot))
      session.log.warning(`The directory '${imageRoot}' does not exist`);
    const sorted = images.toSorted(byClassThenName);
    const zoneName = zoneNamer(session.context.environment.timeZone);
    await writeListing(session, {
      columns: imageColumns,
      rows: sorted.map((image) => imageRow(image, isHere, zoneName)),
      json: sorted.map(imageJson),
      noun: { one: 'image', many: 'images' },
    });
    return 0;
  }
}

function byClassThenName(left: Image, right: Image): number {
  if (left.class !== right.class) return left.class < right.class ? -1 : 1;
  return left.name < right.name ? -1 : Number(left.name > right.name);
}

/** Where there is little room, without the day of the week and seconds, then without the time of day. */
function timeCell(microseconds: Integer | null | undefined, zoneName: ZoneNamer): Cell {
  if (!microseconds) return { text: undefined };
  const text = formatTimestamp(microseconds, zoneName);
  const [, date = '', time = ''] = text.split(' ');
  return { text, shorter: date === '' ? [] : [`${date} ${time.slice(0, 5)}`, date] };
}

function size(bytes: Integer | null | undefined): string | undefined {
  return bytes === undefined || bytes === null ? undefined : formatBytes(bytes);
}

/** @param isHere whether its path is one of this host, so that a terminal may open it */
export function imageRow(image: Image, isHere: boolean, zoneName: ZoneNamer): Cell[] {
  return [
    { text: image.class },
    { text: escapeText(image.name) },
    { text: image.type },
    { text: escapeText(image.path), ...(isHere ? { target: `file://${hostname()}${encodeURI(image.path)}` } : {}) },
    image.readOnly ? { text: 'ro', style: 'bad' } : { text: 'rw', style: 'good' },
    timeCell(image.creationTimestamp, zoneName),
    timeCell(image.modificationTimestamp, zoneName),
    { text: size(image.usage) },
    { text: size(image.limit) },
  ];
}

/** Keys and values as importctl(1) writes them: unknown times are 0, unknown sizes null. */
export function imageJson(image: Image): Json {
  return {
    class: image.class,
    name: image.name,
    type: image.type,
    path: image.path,
    ro: image.readOnly,
    crtime: image.creationTimestamp ?? 0,
    mtime: image.modificationTimestamp ?? 0,
    usage: image.usage ?? null,
    limit: image.limit ?? null,
  };
}
