import { workerData } from 'node:worker_threads';
import { type BlockThreadRequest, encodeBlocks } from '../../formats/compression/block-encoder.js';
import { openEncoder } from '../../formats/compression/encoder.js';
import { codecHost } from '../../formats/compression/host.js';

/** A thread of the decode process that encodes blocks of an export. */
const request: BlockThreadRequest = workerData;
const host = codecHost(process.env['PATH']);
encodeBlocks(request, (sink) => openEncoder(request.format, sink, { host, threads: 1, level: request.level }));
