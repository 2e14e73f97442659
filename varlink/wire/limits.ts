/**
 * Bytes of a message, without the NUL that ends it: sd-varlink's VARLINK_BUFFER_MAX. Like there, it is looked at between
 * reads of {@link readSize} bytes, so that a message may be up to one read longer.
 */
export const messageSizeMax = 16 * 1024 * 1024;

/** Values in a call, at any depth. More would be parsed for longer than others should wait. */
export const callValuesMax = 64 * 1024;

/** Bytes that are read at once. */
export const readSize = 64 * 1024;

/** Bytes waiting to be sent from which a peer counts as slow. */
export const slowPeerBytes = 256 * 1024;

/** Bytes waiting to be sent at which a connection is given up, because whoever sends ignores that the peer is slow. */
export const queuedBytesMax = 64 * 1024 * 1024;
