/*
 * What the parts of a download are called in the pipe from fetch to placement, beside the image and its sidecars, and those of an
 * export in the pipe from placement to decode.
 */

/**
 * What the fetch process says through the pipe, as a part before the image, of a download that is not compressed: the
 * bytes that follow are those of the server.
 */
export interface Announcement {
  /** Bytes of the whole resource, if the server says. */
  total: number | undefined;
  /** What stands for the resource in If-Range; undefined if nothing does. */
  validator: string | undefined;
  /** The bytes that follow come after so many: 0, or all that an earlier pull has left. */
  offset: number;
}

/** The name of its part. */
export const announcementPart = 'announcement';

/** The name of an empty part that says that the image comes from the decode process. */
export const encodedPart = 'encoded';

/** The name of the last part: an archive of the checksum and signature files that counted (images/pristine/encode-proofs.ts). */
export const proofsPart = 'proofs';

/** The name of the part of an exported OCI image that follows its layer, `image`: the configuration, as it is stored. */
export const configPart = 'config';
