import type { Value } from '../like.js';
import { noSuchFile } from './common.js';

// What is said of policies for images (containers-policy.json(5)), as far as more than one test demands it.

export const cannotUsePolicy = (path: Value, reason: Value) =>
  `Cannot use the policy ${path}: ${reason}; correct it: until then nothing is pulled from registries`;
export const policyRejects = (image: Value, path: Value, scope: Value) =>
  `Cannot pull '${image}': the policy ${path} rejects it (${scope}); change the policy if you want the image`;
export const policyDemandsOther = (image: Value, path: Value, reason: Value, scope: Value) =>
  `Cannot pull '${image}': the policy ${path} ${reason} (${scope}); change the policy if you want the image`;
export const cannotReadKeyOf = (key: Value, path: Value, reason: Value) =>
  `Cannot read the key ${key} of the policy ${path}: ${reason}; correct the policy`;
export const openpgpDemanded = 'demands an OpenPGP signature (signedBy), which Ferry cannot check';
export const noEntry = `${noSuchFile} (ENOENT)`;
export const policyAdvice = "have it signed with 'cosign sign --key', or change the policy";
export const unknownType = (type: Value) => `type is '${type}', which is not known`;
