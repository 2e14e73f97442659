/** The version of the package; a test compares the two. */
export const version = '0.2.0';
export const userAgent = `ferry/${version}`;
