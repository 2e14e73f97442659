import type { Value } from '../like.js';

// What downloads says, as far as more than one test demands it: see docs/testing.md.

export const answersWithStatus = 'the server answers with status';
export const badGateway = 'a gateway got no good answer from the server behind it: try again later';
export const brokeOffAtByte = (position: Value, reason: Value) =>
  `broke off at byte ${position} (${reason}): going on from there`;
export const cannotBeResumed =
  'It cannot be resumed, because the server gives neither a strong ETag nor a time of last change that is old enough.';
export const cannotDownload = (url: Value) => `Cannot download ${url}: HTTP status`;
export const cannotGoOn = 'Cannot go on with';
export const cannotGoOnAtByte = (what: Value) => `Cannot go on with ${what} at byte`;
export const certificateExpired = (host: Value) =>
  `the certificate of ${host} has expired (or the clock of this host is wrong).`;
export const certificateOfAnotherHost = 'the certificate belongs to another host than';
export const closedBeforeAnswer = 'closed the connection before it answered: try again later.';
export const connectionWasClosed = 'the connection was closed';
export const credentialNotSent = (what: Value, host: Value) =>
  `The credential for ${what} is not sent: ${host} is not https.`;
export const didNotAnswerInHttp = (reason: Value) => `did not answer in HTTP (${reason}): is the port right?`;
export const downloadBrokeOff = (what: Value, bytes: Value) => `The download of ${what} broke off after ${bytes} bytes`;
export const fileNotThere = 'there is no such file: check the URL';
export const gatewayTimeout = 'a gateway got no answer from the server behind it: try again later';
export const legalReasons = 'the server may not give it out, for legal reasons';
export const nameServersSilent = (host: Value) =>
  `the name servers did not answer for ${host}: check the network, then try again.`;
export const noSuchHost = (host: Value) => `the host name ${host} does not exist: check the URL and the name servers.`;
export const notAnAnswer = 'which is not an answer to this request';
export const notEncodedAsSaid = (encoding: Value, limit: Value) =>
  `it is not encoded with ${encoding}, as the server says, or unpacks to more than ${limit} bytes`;
export const proxyAsksForCredentials = 'the proxy asks for credentials: put them into the URL of the proxy variable';
export const redirectsInCircle = 'the server redirects in a circle, back to';
export const redirectsNowhere = 'the server redirects without saying where';
export const redirectsToNoUrl = 'the server redirects to something that is not a URL';
export const redirectsToOtherScheme = (target: Value) =>
  `the server redirects to ${target}, which is not http or https`;
export const redirectsToUnencrypted = (target: Value) =>
  `the server redirects from https to ${target}, which is not encrypted`;
export const refusesConnections = 'refuses connections: is the server running, and is the port right?';
export const requestNotUnderstood = 'the server did not understand the request';
export const serverAsksForCredentials =
  'the server asks for credentials: put them into netrc or give a credential (they are not sent after a redirect to another host)';
export const serverAsksForPayment = 'the server asks for payment';
export const serverDoesNotAnswer = 'the server does not answer';
export const serverFailed = 'the server failed: try again later';
export const serverForbids = 'the server does not let us have it: check the URL and the credentials';
export const serverHasBytes = (count: Value) => `the server has ${count} bytes of it`;
export const serverLostWhatItSent = (bytes: Value) =>
  `the server no longer has what it sent the first ${bytes} bytes of (another or no ETag): start the download again`;
export const serverOverloaded = 'the server is overloaded or being worked on: try again later';
export const serverRefuses = 'the server refuses the request';
export const serverSentRange = (range: Value) => `the server sent the range '${range}' instead`;
export const serverTiredOfWaiting = 'the server was tired of waiting: try again';
export const sizeChanged = (before: Value, after: Value) => `its size changed from ${before} to ${after} bytes`;
export const tlsFailedBy = (host: Value, code: Value) =>
  `the TLS handshake with ${host} failed (${code}): does that port speak https?`;
export const tlsFailed = (host: Value) => `the TLS handshake with ${host} failed: does that port speak https?`;
export const tooManyHeaders = 'sent more than 16 KiB of response headers.';
export const tooManyRedirects = (count: Value) => `the server redirects more than ${count} times`;
export const tooManyRequests = 'the server has had too many requests from here: try again later';
export const untrustedAuthority = (host: Value, reason: Value) =>
  `the certificate of ${host} is not signed by an authority that this host trusts (${reason}): add it to the system's certificates or name a file in SSL_CERT_FILE`;
export const validatorChanged = (what: Value, before: Value) => `its ${what} changed from ${before} to`;
export const isBusy = (status: Value, url: Value, seconds: Value) =>
  `is busy (HTTP status ${status}): trying ${url} again in ${seconds} s`;
export const mayHaveAnotherVersion = (url: Value, count: Value) =>
  `may have another version of ${url}: fetching the first ${count} bytes again to compare them`;
export const isLargerThan = (limit: Value) => `is larger than the ${limit} bytes allowed.`;
export const downloadCancelled = (url: Value) => `The download of ${url} was cancelled.`;
