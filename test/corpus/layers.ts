import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../common/failure.js';
import { exact } from '../../service/formats/metadata/losses.js';
import { extractTree } from '../../service/formats/tar/unpack/extract.js';
import { copyTree } from '../../service/images/copy/copy-tree.js';
import { MergedLayer } from '../../service/images/layers/merged-layer.js';
import { packLayer } from '../support/registry/tar-layer.js';
import { MemorySource } from '../unit/service/formats/tar/unpacking.js';

const sizeMax = 16 * 1024 * 1024;

function withDirectory<Result>(path: string, action: (directory: number) => Result): Result {
  mkdirSync(path, { recursive: true });
  const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return action(directory);
  } finally {
    closeSync(directory);
  }
}

/** Unpacks a layer, and lays it over a tree. */
function lay(bytes: Buffer, layer: string, tree: string): void {
  withDirectory(layer, (source) => {
    const { layer: contents, dataBytes } = extractTree(new MemorySource(bytes), source, { sizeMax, layer: 'trusted' });
    if (contents === undefined) throw new Error('nothing is told of the layer');
    const record = { ...contents, digest: 'sha256:0', carrier: '', dataBytes, lossCount: 0, losses: {} };
    withDirectory(tree, (target) => {
      using over = new MergedLayer(target, record);
      copyTree(source, target, { over, losses: exact });
    });
  });
}

/** Names that the archives have, each a link that leads out. */
const links = ['a', 'b', 'd', 'dir', 'f', 'h', 'l', 'x', 'evil', 'target', 'victim', 'etc', 'usr'];

/**
 * Takes an archive in as a layer: over one whose names lead to a directory outside, and over itself. Gives back what came of it, in a
 * word each.
 */
export function laid(bytes: Buffer, place: string, outside: string): string {
  const attempts = {
    'over links': () => layOverLinks(bytes, join(place, '0'), outside),
    'over itself': () => layTwice(bytes, join(place, '1')),
  };
  const outcomes = Object.entries(attempts).map(([name, act]) => {
    try {
      act();
      return `laid ${name}`;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return error.kind;
    }
  });
  return outcomes.join(', ');
}

/** Lays a layer over one whose names lead to a directory outside. */
export function layOverLinks(bytes: Buffer, place: string, outside: string): void {
  const ways = packLayer(links.map((path) => ({ path, type: 'symbolicLink', target: outside })));
  lay(ways, join(place, 'lower'), join(place, 'tree'));
  lay(bytes, join(place, 'upper'), join(place, 'tree'));
}

/** Lays a layer over itself. `onTree` is given the tree after each of both. */
export function layTwice(bytes: Buffer, place: string, onTree: (tree: string) => void = () => {}): void {
  for (const name of ['lower', 'upper']) {
    lay(bytes, join(place, name), join(place, 'tree'));
    onTree(join(place, 'tree'));
  }
}
