import type { Mutant } from './mutant.js';

const proof = 'unit/service/verify/proof-digits';
const sums = 'unit/service/verify/sums';
const signature = 'unit/service/verify/signature';
const resumed = 'unit/service/http/download-resumed';
const redirect = 'unit/service/http/redirect';
const judge = 'unit/service/http/judge';

/** What is believed of servers and publishers. */
export const downloads: readonly Mutant[] = [
  {
    what: 'the last digit of a digest is not compared',
    search: 'if (found === digest) return ok();',
    replacement: 'if (found.slice(0, -1) === digest.slice(0, -1)) return ok();',
    test: proof,
  },
  {
    what: 'the first digit of a digest is not compared',
    search: 'if (found === digest) return ok();',
    replacement: 'if (found.slice(1) === digest.slice(1)) return ok();',
    test: proof,
  },
  {
    what: 'only the first eight digits of a digest are compared',
    search: 'if (found === digest) return ok();',
    replacement: 'if (found.slice(0, 8) === digest.slice(0, 8)) return ok();',
    test: proof,
  },
  {
    what: 'only the first eight digits of the digest of the caller are compared',
    search: 'if (digest === found) return ok();',
    replacement: 'if (digest.slice(0, 8) === found.slice(0, 8)) return ok();',
    test: 'unit/service/verify/digest-proof',
  },
  {
    what: 'sidecars are taken on the word of a digest that is that of the image alone',
    search: "if (proof?.verification !== 'digest') return;",
    replacement: 'return;',
    test: 'integration/pull/digest',
  },
  {
    what: 'of two digests for one file the first counts',
    search: 'return digests.size === 1 ?',
    replacement: 'return digests.size >= 1 ?',
    test: sums,
  },
  {
    what: 'what is outside of the signed text of a list counts',
    search: 'return lines.slice(headersEnd + 1, end)',
    replacement: 'return lines.slice(headersEnd + 1)',
    test: sums,
  },
  {
    what: 'a list is good on the day that it ends',
    search: 'return now.getTime() >= Date.parse(date);',
    replacement: 'return now.getTime() > Date.parse(date) + 86_400_000;',
    test: sums,
  },
  {
    what: 'a digest of the wrong length for its tag is taken',
    search: 'return bits === undefined || found.algorithm === ',
    replacement: 'return true || found.algorithm === ',
    test: sums,
  },
  {
    what: 'a good signature beats a bad one',
    search: 'if (bad) return bad;',
    replacement: "if (bad && !findings.some(({ kind }) => kind === 'good')) return bad;",
    test: signature,
    only: 'a good and a bad signature',
  },
  {
    what: 'a good finding beats a revoked one',
    search: 'return revoked ?? good ?? findings[0]',
    replacement: 'return good ?? revoked ?? findings[0]',
    test: 'unit/service/verify/examine',
  },
  {
    what: 'a signature of other content is only unreliable',
    search: "return mismatch === '' ? { kind: 'bad', by }",
    replacement: "return mismatch === '' ? { kind: 'unreliable', by, reason: 'x' }",
    test: signature,
    only: 'other content',
  },
  {
    what: 'a key that cannot be relied on is good',
    search: "if (reason !== undefined) return { kind: 'unreliable', by, reason };",
    replacement: '',
    test: signature,
    only: 'key that has expired',
  },
  {
    what: 'a redirect to a file or another scheme is followed',
    search: "if (url.protocol !== 'http:' && url.protocol !== 'https:')",
    replacement: "if (url.protocol === 'never:')",
    test: redirect,
  },
  {
    what: 'a redirect from https to http is followed',
    search: "if (from.protocol === 'https:' && url.protocol === 'http:')",
    replacement: "if (from.protocol === 'http:' && url.protocol === 'https:' && from.host === '')",
    test: redirect,
  },
  {
    what: 'redirects go on for ever',
    search: 'if (visited.size > maximum)',
    replacement: 'if (visited.size > 100 * maximum)',
    test: redirect,
  },
  {
    what: 'a login follows a redirect to another host',
    search: 'if (url.origin !== question.url.origin)',
    replacement: 'if (url.protocol !== question.url.protocol)',
    test: redirect,
  },
  {
    what: 'a login follows a redirect to another port',
    search: 'if (url.origin !== question.url.origin)',
    replacement: 'if (url.hostname !== question.url.hostname)',
    test: redirect,
  },
  {
    what: 'a login that a redirect brings along is kept',
    search: 'copy.password = first.password;',
    replacement: 'copy.password ||= first.password;',
    test: redirect,
  },
  {
    what: 'a credential is sent without encryption',
    search: "return url.protocol === 'https:' && hostMatches(credential.host, url);",
    replacement: 'return hostMatches(credential.host, url);',
    test: 'unit/service/transfers/kinds/credentials',
  },
  {
    what: 'the entry of another machine in a netrc file counts',
    search: 'if (entry.host === undefined || entry.host.toLowerCase() === host.toLowerCase()) {',
    replacement: 'if (entry.host === undefined || host.toLowerCase().endsWith(entry.host.toLowerCase())) {',
    test: 'unit/common/credentials/netrc',
  },
  {
    what: 'a part that begins elsewhere is taken for the rest',
    search: 'if (!range || range.start !== position.received) throw',
    replacement: 'if (!range || range.start > position.received) throw',
    test: judge,
  },
  {
    what: 'a part of a resource of another size is taken for the rest',
    search: 'if (!sameTotal(range.total, position)) throw fail(',
    replacement: 'if (range.total !== undefined && range.total < (position.total ?? 0)) throw fail(',
    test: judge,
  },
  {
    what: 'a weak ETag stands for the same bytes',
    search: 'return etag !== undefined && /^".*"$/.test(etag);',
    replacement: 'return etag !== undefined && /".*"$/.test(etag);',
    test: resumed,
    only: 'a weak ETag only',
  },
  {
    what: 'what is there already is left out of another resource',
    search: 'const isSame = validator !== undefined && validator === position.validator && sameTotal(total, position);',
    replacement: 'const isSame = validator !== undefined && sameTotal(total, position);',
    test: judge,
  },
  {
    what: 'a download is whole when the server has less of it',
    search: 'if (available !== position.received) throw',
    replacement: 'if (available > position.received) throw',
    test: judge,
  },
  {
    what: "node's parser is gone past in versions that nobody has tested",
    search: 'testedVersions.includes(Number.parseInt(version, 10)) && (await works(true))',
    replacement: '(await works(true))',
    test: 'unit/service/http/connection/internals',
    only: 'a version that nobody has tested',
  },
];
