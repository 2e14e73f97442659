import { spawnSync } from 'node:child_process';
import { type DecoderOptions, openDecoder } from '../../../service/formats/compression/decoder.js';
import type { CompressedFormat } from '../../../service/formats/compression/format.js';
import type { CodecHost } from '../../../service/formats/compression/host.js';
import { findProgram } from '../programs.js';
import { memorySource } from './memory-source.js';

export interface Decoded {
  format: string;
  data: Buffer;
  ignoredBytes: number;
}

/** Decodes all of it, with reads of `room` bytes. */
export function decodeAll(data: Buffer, options: DecoderOptions = {}, step?: number, room = 1 << 20): Decoded {
  using decoder = openDecoder(memorySource(data, step), options);
  const buffer = Buffer.alloc(room + 16, 0xa5);
  const pieces: Buffer[] = [];
  for (let length = decoder.read(buffer, 8, room); length > 0; length = decoder.read(buffer, 8, room)) {
    if (length > room || buffer.readUInt8(7) !== 0xa5 || buffer.readUInt8(8 + room) !== 0xa5)
      throw new Error('overrun');
    pieces.push(Buffer.from(buffer.subarray(8, 8 + length)));
  }
  if (decoder.read(buffer, 8, room) !== 0) throw new Error('The end did not last');
  return { format: decoder.format, data: Buffer.concat(pieces), ignoredBytes: decoder.ignoredBytes };
}

let samples: Buffer = Buffer.alloc(0);

/** Bytes that compress somewhat; a longer sample begins with the shorter ones. Not to be changed. */
export function sample(length: number): Buffer {
  if (samples.length < length) samples = generate(Math.max(length, 4 << 20));
  return samples.subarray(0, length);
}

function generate(length: number): Buffer {
  const data = Buffer.alloc(length);
  let state = 12345;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    data[index] = index % 64 < 40 ? (state >>> 24) & 0x0f : (index >> 12) & 0xff;
  }
  return data;
}

/** Runs a filter. Throws when it fails. */
export function filter(program: string, parameters: string[], input: Buffer): Buffer {
  const result = spawnSync(program, parameters, { input, maxBuffer: 1 << 30 });
  if (result.status !== 0) throw new Error(`${program} ${parameters.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

export interface Encoding {
  format: CompressedFormat;
  program: string;
  parameters: string[];
}

/** Everything that makes files of each format. The first of a format is its ordinary tool. */
export const encodings: Encoding[] = [
  { format: 'gzip', program: 'gzip', parameters: ['-c'] },
  { format: 'gzip', program: 'pigz', parameters: ['-c', '-p', '2', '-b', '128'] },
  { format: 'xz', program: 'xz', parameters: ['-c', '-1', '-T1'] },
  { format: 'xz', program: 'xz', parameters: ['-c', '-0', '-T2', '--block-size=65536'] },
  { format: 'xz', program: 'xz', parameters: ['-c', '-0', '--check=none'] },
  { format: 'xz', program: 'xz', parameters: ['-c', '-0', '--check=sha256'] },
  { format: 'zstd', program: 'zstd', parameters: ['-qc'] },
  { format: 'zstd', program: 'zstd', parameters: ['-qc', '--no-check', '--long=27', '-T2'] },
  { format: 'bzip2', program: 'bzip2', parameters: ['-c'] },
  { format: 'bzip2', program: 'bzip2', parameters: ['-c', '-1'] },
  { format: 'bzip2', program: 'lbzip2', parameters: ['-c', '-n', '2'] },
  { format: 'lz4', program: 'lz4', parameters: ['-c', '-B5'] },
  { format: 'lz4', program: 'lz4', parameters: ['-c'] },
  { format: 'lz4', program: 'lz4', parameters: ['-c', '-9', '-B7', '-BX'] },
];

/** What makes the ordinary file of each format. */
export const ordinary = (['gzip', 'xz', 'zstd', 'bzip2', 'lz4'] as const).map((format) => {
  const encoding = encodings.find((candidate) => candidate.format === format);
  if (!encoding) throw new Error(`No tool for ${format}`);
  return encoding;
});

/** A host without compression libraries, and with these programs only. */
export function hostWithout(programs: string[] | 'all'): CodecHost {
  return {
    loadLibrary: () => undefined,
    findProgram: (name) => (programs === 'all' || programs.includes(name) ? findProgram(name) : undefined),
  };
}
