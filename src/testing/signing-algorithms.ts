/** What the reference server verifies, as it names it in its metadata and in every challenge. */
export const SIGNING_ALGORITHMS: readonly string[] =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES256K ES384 ES512'.split(' ')
