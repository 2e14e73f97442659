/** OpenPGP.js takes a tenth of a second to load, so it is loaded only when there is a signature to verify. */
export const openpgp = () => import('openpgp');
