/** Of an image: more than any has, Docker's own limit is 127. */
export const layersMax = 1000;
/** Of the configuration of an image, in bytes. */
export const configMax = 1024 * 1024;
