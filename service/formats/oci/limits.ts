/** Of an image: what systemd takes, and more than any has; Docker's own limit is 127. */
export const layersMax = 4096;
/** Of the configuration of an image, in bytes. */
export const configMax = 1024 * 1024;
