import { closeSync, fstatSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../../common/failure.js';
import type { ByteSource } from '../../service/formats/bytes.js';
import { convertQcow2 } from '../../service/formats/qcow2/convert.js';
import { removeTree, temporaryDirectory } from '../support/temporary.js';
import { MemorySource, unpack } from '../unit/service/formats/tar/unpacking.js';
import { disks } from './disks.js';
import { floods, sourceOf } from './floods.js';
import { damaged, escapes } from './hostile.js';
import { odd } from './odd.js';
import { sentinel, snapshot } from './surroundings.js';
import { tars } from './tars.js';

// run.js archives | disks | flood NAME: takes in hostile inputs, one after the other, and says what came of each: a line
// of JSON before each with its name, one after it with the outcome, and at the end the most memory that was needed.

const sizeMax = 16 * 1024 * 1024;
const place = temporaryDirectory();
const outside = place.file('outside');
sentinel(outside);
const before = snapshot(outside);

const say = (line: object) => writeFileSync(1, `${JSON.stringify(line)}\n`);

function outcomeOf(action: () => string): string {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Failure)) return `UNEXPECTED ${error instanceof Error ? error.stack : String(error)}`;
    return `${error.kind}: ${error.message.replaceAll(outside, 'OUTSIDE')}`;
  }
}

function unpacked(source: ByteSource): string {
  const image = place.file('image');
  const summary = unpack(source, image, { sizeMax });
  return [
    `unpacked ${summary.entries} entries with ${summary.dataBytes} bytes of data`,
    ...(summary.unknownEntries > 0 ? [`${summary.unknownEntries} of unknown types`] : []),
    ...(summary.losses.entries > 0 ? [`${summary.losses.entries} not stored exactly`] : []),
    ...(summary.endMarker ? [] : ['no end marker']),
    ...(summary.trailingBytes > 0 ? [`${summary.trailingBytes} bytes after the end`] : []),
  ].join(', ');
}

function converted(image: Buffer): string {
  const [from, to] = [place.file('source'), place.file('target')];
  writeFileSync(from, image);
  const [source, target] = [openSync(from, 'r'), openSync(to, 'w+')];
  try {
    const warnings: string[] = [];
    const { size, allocated } = convertQcow2(source, target, { sizeMax, onWarning: (text) => warnings.push(text) });
    const isRight = fstatSync(target).size === size;
    return [`converted ${size} bytes with ${allocated} of data`, ...(isRight ? [] : ['WRONG SIZE']), ...warnings].join(
      ', ',
    );
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

/** Node's own removal calls itself for every level, so rm(1) has to do it for the deepest trees. */
function removeImage(): void {
  try {
    rmSync(place.file('image'), { recursive: true, force: true });
  } catch {
    removeTree(place.file('image'));
  }
}

function take(name: string, action: () => string): void {
  say({ begins: name });
  const found = outcomeOf(action);
  removeImage();
  const isTouched = !isDeepStrictEqual(snapshot(outside), before);
  const beside = readdirSync(place.path).filter((each) => !['outside', 'source', 'target'].includes(each));
  say({ name, outcome: `${found}${isTouched ? ' TOUCHED' : ''}${beside.length > 0 ? ` BESIDE ${beside}` : ''}` });
}

/** However the bytes come, the same must come of them. */
function takeArchive(name: string, bytes: Buffer): void {
  take(name, () => {
    const found = outcomeOf(() => unpacked(new MemorySource(bytes)));
    removeImage();
    const inPieces = outcomeOf(() => unpacked(new MemorySource(bytes, 100)));
    return found === inPieces ? found : `${found} BUT IN PIECES ${inPieces}`;
  });
}

function takeAll(what: string, name: string): void {
  switch (what) {
    case 'archives':
      for (const { name, bytes } of [...escapes, ...damaged]) takeArchive(`tar: ${name}`, bytes(outside));
      for (const { name, bytes } of odd) takeArchive(`tar, odd: ${name}`, bytes);
      for (const [name, bytes] of Object.entries(tars)) takeArchive(`tar: ${name}`, bytes);
      return;
    case 'disks':
      for (const [name, bytes] of Object.entries(disks)) take(`qcow2: ${name}`, () => converted(bytes));
      return;
    default:
      take(`flood: ${name}`, () => unpacked(sourceOf(floods[name]?.() ?? [])));
  }
}

const [what = '', name = ''] = process.argv.slice(2);
takeAll(what, name);
say({ memory: process.resourceUsage().maxRSS * 1024 });
await place[Symbol.asyncDispose]();
