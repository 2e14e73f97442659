/** Messages about signatures of container images. */

type Value = string;

export const ownAdvice =
  "have it signed with 'cosign sign --key', or give the digest that you trust behind the reference, as in @sha256:…";
export const noneByKey = 'none of its signatures is by a key that counts';
export const isForOther = (key: Value, name: Value) =>
  `the signature by key ${key} is for '${name}', and not for this name`;
export const noneThere = 'there is no signature for it in the registry';
export const demandsSignature = (subject: Value, source: Value, reason: Value) =>
  `Cannot use ${subject}: ${source} demands a signature, but ${reason}; `;
export const noKeyFor = (name: Value, repository: Value) =>
  `Cannot verify signatures of '${name}': no key is trusted for it; add one with 'ferryctl trust add docker://${repository} KEY', give it with --keyring=, or give the digest behind the reference, as in @sha256:…`;
