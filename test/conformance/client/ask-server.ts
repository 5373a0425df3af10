import type { OAuthClientOptions } from 'atproof'
import { DpopKey } from '../../../src/dpop/key.ts'
import { DpopSigner } from '../../../src/dpop/signer.ts'
import { type ClientAuthentication, publicClient } from '../../../src/flow/client/client-authentication.ts'
import { parseClientKeys } from '../../../src/flow/client/client-keys.ts'
import { clientWithKeys } from '../../../src/flow/client/client-with-keys.ts'
import { postForm } from '../../../src/flow/signed-form.ts'
import { systemClock } from '../../../src/http/clock.ts'
import { createTransport } from '../../../src/http/create-transport.ts'
import { systemRandom } from '../../../src/http/random.ts'

/** What a server made of a client. */
export interface Verdict {
  readonly status: number
  readonly error: string | undefined
}

/** A client metadata document as its author would write it down, whether or not it is right. */
export function writeDocument(options: Partial<OAuthClientOptions>, jwks: unknown): Record<string, unknown> {
  const { clientId, redirectUris = [], scope, keys, jwksUri, applicationType } = options
  const isNative = redirectUris.some((uri) => !uri.startsWith('https:'))
  const document = {
    client_id: clientId,
    client_name: options.clientName,
    client_uri: options.clientUri,
    logo_uri: options.logoUri,
    tos_uri: options.tosUri,
    policy_uri: options.policyUri,
    redirect_uris: redirectUris,
    scope,
    grant_types: options.grantTypes ?? ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: applicationType ?? (isNative ? 'native' : 'web'),
    token_endpoint_auth_method: keys ? 'private_key_jwt' : 'none',
    ...(keys && { token_endpoint_auth_signing_alg: 'ES256' }),
    ...(keys && jwksUri === undefined && { jwks }),
    jwks_uri: jwksUri,
    dpop_bound_access_tokens: true,
  }
  return JSON.parse(JSON.stringify(document)) as Record<string, unknown>
}

/** Pushes an authorization request as a client, without any check of ours. */
export async function askServer(
  {
    issuer,
    fetch,
    clock = systemClock,
  }: { readonly issuer: string } & Pick<OAuthClientOptions, 'fetch' | 'clock'>,
  { clientId = '', redirectUris = [], keys }: Partial<OAuthClientOptions>,
): Promise<Verdict> {
  const allowLoopback = issuer.startsWith('http:') ? [issuer] : []
  const transport = createTransport({ clock, allowLoopback, ...(fetch && { fetch }) })
  const authentication: ClientAuthentication = keys
    ? clientWithKeys(clientId, parseClientKeys(keys), { clock, signingAlgorithm: undefined })
    : publicClient(clientId)
  const key = await DpopKey.generate({ extractable: false })
  const algorithms = ['ES256', 'ES384', 'ES512', 'RS256', 'PS256']
  const auth = await authentication.choose({ audience: issuer, dpopJkt: await key.thumbprint(), algorithms })
  const signer = new DpopSigner(key, { clock, random: systemRandom })
  const client = { transport, random: systemRandom, authentication, auth, signer, issuer }
  const parameters = {
    response_type: 'code',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    state: 'a-state-of-no-consequence',
    redirect_uri: redirectUris[0],
    scope: 'atproto',
  }
  const { status, error } = await postForm(client, `${issuer}/oauth/par`, parameters, { mayLearnClock: false })
  return { status, error }
}
