/** Whether a key counts where an entry names fingerprints; any key does if it names none. */
export function countsAmong(
  { fingerprint, subkeys }: { readonly fingerprint: string; readonly subkeys: readonly string[] },
  wanted: readonly string[],
): boolean {
  return wanted.length === 0 || [fingerprint, ...subkeys].some((each) => wanted.includes(each));
}
