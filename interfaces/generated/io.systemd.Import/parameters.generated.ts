// Generated from io.systemd.Import.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { ImageClass, ImageVerify, RemoteType } from './enums.generated.js';

/** The parameters of ListTransfers(). */
export type ListTransfersParameters = {
  /** Only those of this class */
  class?: ImageClass | null;
};

/** The parameters of Pull(). */
export type PullParameters = {
  /** The URL; for type oci the reference of the container image */
  remote: string;
  /** The name to give the image; if null it is derived from the URL */
  local?: string | null;
  /** The form of the download */
  type: RemoteType;
  /** The class of the image */
  class: ImageClass;
  /** How thoroughly to check it; signature if null. Container images are always checked against their digests, whatever is said here */
  verify?: ImageVerify | null;
  /** Replace an image of this name */
  force?: boolean | null;
  /** Make the image read-only */
  readOnly?: boolean | null;
  /** Keep the pristine download beside the image; false if null, for every class */
  keepDownload?: boolean | null;
  /** The absolute path of the directory to use instead of the one of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};
