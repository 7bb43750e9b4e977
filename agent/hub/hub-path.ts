/** Where and as what hub messages travel. */

/** Where lanes post their requests. */
export const hubPath = '/hub/v1';
/** Media type of requests and replies. */
export const hubMediaType = 'application/vnd.bizain.hub+cbor';
