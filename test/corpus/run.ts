import { closeSync, fstatSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../../common/failure.js';
import type { ByteSource } from '../../service/formats/bytes.js';
import { openLayeredDecoder } from '../../service/formats/compression/layers.js';
import { convertQcow2 } from '../../service/formats/qcow2/convert.js';
import { removeTree, temporaryDirectory } from '../support/temporary.js';
import { MemorySource, unpack } from '../unit/service/formats/tar/unpacking.js';
import { cpios } from './cpios.js';
import { disks } from './disks.js';
import { decodedFloods, floods, sourceOf } from './floods.js';
import { damaged, escapes } from './hostile.js';
import { laid } from './layers.js';
import { frames } from './lz4.js';
import { odd } from './odd.js';
import { sentinel, snapshot } from './sentinel.js';
import { tars } from './tars.js';

// run.js archives | layers | disks | frames | flood NAME: takes in hostile inputs, one after the other, and says what came of each: a line
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
  // Which times can be stored is up to the file system that the test runs on.
  const isInexact = summary.losses.kinds.some(({ kind }) => kind !== 'times');
  return [
    `unpacked ${summary.entries} entries with ${summary.dataBytes} bytes of data`,
    ...(summary.unknownEntries > 0 ? [`${summary.unknownEntries} of unknown types`] : []),
    ...(isInexact ? [`${summary.losses.entries} not stored exactly`] : []),
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

function decoded(source: ByteSource): string {
  using decoder = openLayeredDecoder(source, { ignoreTrailing: true });
  const room = Buffer.alloc(1 << 20);
  let bytes = 0;
  for (let count = 1; count > 0; bytes += count) count = decoder.read(room, 0, room.length);
  const { format, ignoredBytes } = decoder;
  return `decoded ${bytes} bytes of ${format}${ignoredBytes > 0 ? `, ${ignoredBytes} bytes behind them` : ''}`;
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

/** Those that would get out, or are odd; what is damaged is found before it matters that it is a layer. */
function layers(): [name: string, bytes: Buffer][] {
  const ways = escapes.map(({ name, bytes }): [string, Buffer] => [name, bytes(outside)]);
  return [...ways, ...odd.map(({ name, bytes }): [string, Buffer] => [`odd: ${name}`, bytes])];
}

function takeAll(what: string, name: string): void {
  switch (what) {
    case 'archives':
      for (const { name, bytes } of [...escapes, ...damaged]) takeArchive(`tar: ${name}`, bytes(outside));
      for (const { name, bytes } of odd) takeArchive(`tar, odd: ${name}`, bytes);
      for (const [name, bytes] of Object.entries(tars)) takeArchive(`tar: ${name}`, bytes);
      for (const [name, bytes] of Object.entries(cpios)) takeArchive(`cpio: ${name}`, bytes);
      return;
    case 'layers':
      for (const [name, bytes] of layers()) take(name, () => laid(bytes, place.file('image'), outside));
      return;
    case 'disks':
      for (const [name, bytes] of Object.entries(disks)) take(`qcow2: ${name}`, () => converted(bytes));
      return;
    case 'frames':
      for (const [name, bytes] of Object.entries(frames))
        take(`lz4: ${name}`, () => decoded(new MemorySource(bytes, 100)));
      return;
    default: {
      const made = decodedFloods[name]?.();
      take(`flood: ${name}`, () => (made ? decoded(sourceOf(made)) : unpacked(sourceOf(floods[name]?.() ?? []))));
    }
  }
}

const [what = '', name = ''] = process.argv.slice(2);
takeAll(what, name);
say({ memory: process.resourceUsage().maxRSS * 1024 });
await place[Symbol.asyncDispose]();
