import type { Response } from 'node-fetch';
import { fileNameIn } from './disposition.js';
import { headerOf } from './range.js';
import type { Position, ResponseInfo } from './request.js';

/** What an answer says of the resource that begins with it. */
export function responseInfo({ status, headers }: Response, position: Position): ResponseInfo {
  const { total: contentLength, received: _, ...described } = position;
  return {
    ...described,
    status,
    contentLength,
    contentEncoding: headerOf(headers, 'content-encoding'),
    fileName: fileNameIn(headerOf(headers, 'content-disposition')),
    contentType: headerOf(headers, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase(),
    contentDigest: headerOf(headers, 'docker-content-digest'),
  };
}
