import { existsSync } from 'node:fs';
import { zoneNamer } from '../../common/timestamp.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { Image, ListParameters } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import {
  chooseColumns,
  chooseOrder,
  detailsForColumns,
  type ImageColumn,
  imageColumns,
  isHidden,
  type RowLook,
  rowLook,
} from '../list/columns.js';
import { detailsForFilters, readFilters } from '../list/filters.js';
import type { Detail } from '../list/names.js';
import type { Json } from '../terminal/json.js';
import { writeListing } from '../terminal/listing.js';
import type { Cell } from '../terminal/table.js';
import { present } from '../transfer/parameters.js';

/** What is to be listed, of what there is, and how. */
interface Choice {
  readonly columns: readonly ImageColumn[];
  readonly isWanted: (image: Image) => boolean;
  /** Undefined for that of the service: by class and name. */
  readonly order: ((one: Image, other: Image) => number) | undefined;
  /** What the service has to find out besides the images. */
  readonly details: Pick<ListParameters, Detail | 'hidden'>;
}

/** An image with what is written of it. */
interface Listed {
  readonly image: Image;
  readonly row?: readonly Cell[];
  readonly json?: Json;
}

/** Takes images as they come. Resolves with their number. */
async function forEachImage(
  { image }: ServiceConnection,
  parameters: ListParameters,
  onImage: (image: Image) => void,
): Promise<number> {
  let count = 0;
  for await (const { images } of image.listMore(parameters)) {
    count += images.length;
    images.forEach(onImage);
  }
  return count;
}

export default class ListImages extends VerbCommand {
  override async perform(session: Session): Promise<number> {
    const { settings, context } = session;
    const { columns, isWanted, order, details } = choose(session);
    const connection = await session.connect();
    const { imageRoot } = settings;
    const isHere = connection.route.elsewhere === undefined;
    const look = rowLook(isHere, zoneNamer(context.environment.timeZone));
    const isJson = settings.json !== 'off';
    const listed: Listed[] = [];
    const request = present({ class: settings.class, imageRoot, ...details });
    const found = await attempt('list images', () =>
      forEachImage(connection, request, (image) => {
        if (!isWanted(image)) return;
        // While the service looks for more.
        const written = isJson ? { json: imageJson(image, columns) } : { row: imageRow(image, columns, look) };
        listed.push({ image, ...written });
      }),
    );
    if (imageRoot !== undefined && found === 0 && isHere && !existsSync(imageRoot))
      session.log.warning(`The directory '${imageRoot}' does not exist`);
    if (order !== undefined) listed.sort((one, other) => order(one.image, other.image));
    await writeListing(session, {
      columns,
      rows: listed.flatMap(({ row }) => (row === undefined ? [] : [row])),
      json: listed.flatMap(({ json }) => (json === undefined ? [] : [json])),
      noun: { one: 'image', many: 'images' },
    });
    return 0;
  }
}

/**
 * What is hidden is listed on request; under the name of importctl(1) always, as that does.
 *
 * @throws UserError if an option names what there is not
 */
function choose({ settings, context }: Session): Choice {
  const isMeant = readFilters(settings.filter);
  const showsHidden = settings.all || context.programName === 'importctl';
  const columns = settings.columns === undefined ? imageColumns : chooseColumns(settings.columns);
  const details = [...detailsForFilters(settings.filter), ...detailsForColumns(columns, settings.sort)];
  const hidden = details.includes('use') && !showsHidden ? { hidden: false } : {};
  return {
    columns,
    isWanted: (image) => (showsHidden || !isHidden(image)) && isMeant(image),
    order: settings.sort === undefined ? undefined : chooseOrder(settings.sort),
    details: { ...Object.fromEntries(details.map((name) => [name, true])), ...hidden },
  };
}

export function imageRow(image: Image, columns: readonly ImageColumn[], look: RowLook): Cell[] {
  return columns.map(({ cell }) => cell(image, look));
}

export function imageJson(image: Image, columns: readonly ImageColumn[]): Json {
  return Object.fromEntries(columns.map(({ name, json }) => [name, json(image)]));
}
