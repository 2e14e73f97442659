// Generated from io.ferry.Image.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { ImageClass } from './enums.generated.js';
import type { Integer } from '../../../varlink/idl/value.js';

/** The parameters of List(). */
export type ListParameters = {
  /** Only those of this class; all if null */
  class?: ImageClass | null;
  /** Only the one of this name; all if null */
  name?: string | null;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Tell where the images came from */
  origin?: boolean | null;
  /** Tell whether they are in use. Of hidden ones it takes longer, as the records of all images have to be read */
  use?: boolean | null;
  /** Whether those are listed whose names begin with a dot; true if null */
  hidden?: boolean | null;
};

/** The parameters of Remove(). */
export type RemoveParameters = {
  /** Its class */
  class: ImageClass;
  /** Its name */
  name: string;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of Rename(). */
export type RenameParameters = {
  /** Its class */
  class: ImageClass;
  /** Its name */
  name: string;
  /** The name it gets */
  newName: string;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of Clone(). */
export type CloneParameters = {
  /** Its class */
  class: ImageClass;
  /** Its name */
  name: string;
  /** The name of the copy */
  newName: string;
  /** Make the copy read-only */
  readOnly?: boolean | null;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of SetReadOnly(). */
export type SetReadOnlyParameters = {
  /** Its class */
  class: ImageClass;
  /** Its name */
  name: string;
  /** Which of the two */
  readOnly: boolean;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of Clean(). */
export type CleanParameters = {
  /** Only in the directory of this class; all if null */
  class?: ImageClass | null;
  /** Only say what would be removed */
  dryRun?: boolean | null;
  /** The absolute path of the directory to clean instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
  /** Only what was placed, or last written to, at least so many microseconds ago */
  olderThan?: Integer | null;
  /** Of each URL, in each directory, so many of the newest pristine downloads stay; at least 1 */
  keep?: Integer | null;
  /**
   * Of pristine downloads, only those that no image came from: none that is there names it in its record, by path or by URL and
   * digest. An image without a record that can be believed keeps all downloads of its form, disks or trees, in the directories
   * of its class
   */
  unused?: boolean | null;
};

/** The parameters of Verify(). */
export type VerifyParameters = {
  /** Its class */
  class: ImageClass;
  /** Its name */
  name: string;
  /** Fetch the checksum and signature files again instead of judging those that are kept */
  online?: boolean | null;
  /** Keyrings whose keys are trusted as well, in base64 */
  keyrings?: string[] | null;
  /** With "online", the only checksum file that counts: a name beside the image, or a URL */
  checksumFile?: string | null;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of Show(). */
export type ShowParameters = {
  /** Only that of this class; all classes if null, or machines if "imageRoot" is given */
  class?: ImageClass | null;
  /** Its name; a pristine download is named as List() does */
  name: string;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Count the size again even if it is known */
  recount?: boolean | null;
  /** Inspect a raw disk with systemd-dissect(1), which mounts the file systems in it, read-only; needs the rights that Remove() needs */
  inspectDisk?: boolean | null;
  /** Whether polkit may ask the user, for "inspectDisk" */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of DiskUsage(). */
export type DiskUsageParameters = {
  /** Only this class; all if null, or machines if imageRoot is given */
  class?: ImageClass | null;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
};

/** The parameters of History(). */
export type HistoryParameters = {
  /** Only what was done to images of this class; all if null */
  class?: ImageClass | null;
  /** Only what was done to images of this name, or gave it; all if null */
  name?: string | null;
  /** Only from this time on, in microseconds since 1970 */
  since?: Integer | null;
  /** Only up to this time, in microseconds since 1970 */
  until?: Integer | null;
  /** Only so many of the newest */
  limit?: Integer | null;
};
