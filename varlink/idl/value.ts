/** A JSON value as it comes off the wire: integers that a number cannot hold exactly are bigints. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue;
}

/** An `int` of an interface definition: 64 bits, signed or unsigned. Beyond 2^53 it is always a bigint. */
export type Integer = number | bigint;

const int64Min = -(2n ** 63n);
const uint64Max = 2n ** 64n - 1n;

/** Whether an `int` can have this value. */
export function isInt64(value: bigint): boolean {
  return value >= int64Min && value <= uint64Max;
}

/** Values nested deeper than this do not fit any declaration, as with sd-varlink. */
export const valueDepthMax = 64;

/** Tells an object from an array and from null. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
