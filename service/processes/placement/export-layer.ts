import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { imageNameOf } from '../../../common/image-names.js';
import { hasCode } from '../../../linux/errno.js';
import type { JsonObject } from '../../../varlink/idl/value.js';
import { escapeText } from '../../../varlink/text.js';
import type { ByteSink } from '../../formats/bytes.js';
import { type ConfigSources, imageConfig, readGivenConfig } from '../../formats/oci/archive/image-config.js';
import { readContainerSettings } from '../../formats/oci/archive/settings-file.js';
import { findPrograms } from '../../images/details/programs.js';
import { readRelease } from '../../images/details/release.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { dataDescriptor, log } from '../ipc/channel.js';
import { FrameWriter } from '../ipc/frames.js';
import type { ExportPlacementOrder, MovedBytes } from '../ipc/messages.js';
import { configPart } from '../ipc/parts.js';
import { exportTree } from './export-tree.js';

/** Longer settings are not read: registries take no configuration of that size either. */
const settingsMax = 4 * 1024 * 1024;

/** The text of a file beside an image; undefined where there is none. */
function readBeside(path: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return fstatSync(descriptor).isFile() ? readText(descriptor, path) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function readText(descriptor: number, path: string): string | undefined {
  const { size } = fstatSync(descriptor);
  if (size <= settingsMax) {
    const bytes = Buffer.alloc(size);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, size, 0));
  }
  log('warning', `${escapeText(path)} is left out: it has ${size} bytes, more than 4 MiB`);
  return undefined;
}

function givenConfig(path: string): JsonObject | undefined {
  const text = readBeside(path);
  if (text === undefined) return undefined;
  const given = readGivenConfig(text);
  if (given === undefined)
    log('warning', `${escapeText(path)} is left out: it is not the configuration of an OCI image`);
  return given;
}

/** What is known of how the image is started. */
function sourcesOf({ path }: ExportPlacementOrder, source: number): ConfigSources {
  const beside = (suffix: string) => join(dirname(path), `${imageNameOf(path)}${suffix}`);
  const read = <Value>(suffix: string, action: (file: string) => Value): Value =>
    failOn(beside(suffix), () => action(beside(suffix)));
  return {
    given: read('.oci-config', givenConfig),
    settings: readContainerSettings(read('.nspawn', readBeside) ?? ''),
    programs: findPrograms(source),
    release: readRelease(source, 'machine', basename(path)).release,
  };
}

/** Passes bytes on and digests them. */
function digesting(sink: ByteSink, hash: Hash): ByteSink {
  return {
    write(buffer, offset, length) {
      hash.update(buffer.subarray(offset, offset + length));
      sink.write(buffer, offset, length);
    },
  };
}

/**
 * Sends a tree to the decode process as the layer of an OCI image, and after it the configuration of that image.
 *
 * @throws as exportTree
 * @throws Failure FileSystemError when the settings beside it cannot be read
 */
export function sendLayer(order: ExportPlacementOrder, source: number): MovedBytes {
  const sources = sourcesOf(order, source);
  const frames = new FrameWriter(dataDescriptor, 'decode');
  const hash = createHash('sha256');
  frames.beginPart('image');
  exportTree(order.path, source, digesting(frames, hash), true);
  frames.endPart();
  const config = imageConfig(sources, hash.digest('hex'));
  frames.beginPart(configPart);
  frames.write(config, 0, config.length);
  frames.endPart();
  frames.end();
  return { bytes: frames.written, sha256: undefined, decodedBytes: frames.written };
}
