import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose'
import type { Client } from './clients.ts'
import { invalidClient } from '../oauth-error.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const MAX_AGE_SECONDS = 60

/** How a client proved who it is. A session is pinned to it. */
export interface ClientAuth {
  readonly method: 'none' | 'private_key_jwt'
  readonly kid?: string
  readonly alg?: string
  readonly thumbprint?: string
}

export interface AuthenticationFacts {
  readonly issuer: string
  readonly now: number
  /** Assertions that were taken: each counts once. */
  readonly seen: Set<string>
}

/** Authenticates a client by the method that its metadata names. */
export async function authenticateClient(
  client: Client,
  form: URLSearchParams,
  facts: AuthenticationFacts,
): Promise<ClientAuth> {
  const assertion = form.get('client_assertion')
  if (form.has('client_secret')) throw invalidClient('a client secret is never used')
  if (client.authMethod === 'none') {
    if (assertion !== null) throw invalidClient('a public client has no assertion')
    return { method: 'none' }
  }
  if (assertion === null) throw invalidClient('client_assertion required')
  if (form.get('client_assertion_type') !== ASSERTION_TYPE) throw invalidClient('client_assertion_type')
  return verifyAssertion(client, assertion, facts).catch((cause: Error) => {
    throw invalidClient(`Validation of "client_assertion" failed: ${cause.message}`)
  })
}

async function verifyAssertion(
  client: Client,
  assertion: string,
  facts: AuthenticationFacts,
): Promise<ClientAuth> {
  const jwks = client.jwks ?? { keys: [] }
  const { protectedHeader, payload } = await jwtVerify(assertion, createLocalJWKSet(jwks), {
    algorithms: ['ES256'],
    issuer: client.id,
    subject: client.id,
    audience: facts.issuer,
    // No tolerance: an assertion from the future is refused, by however little.
    maxTokenAge: MAX_AGE_SECONDS,
    requiredClaims: ['iat', 'exp', 'jti'],
    currentDate: new Date(facts.now),
  })
  const { kid, alg } = protectedHeader
  if (!kid) throw new Error('"kid" required')
  const name = `${client.id} ${payload.jti}`
  if (!payload.jti || facts.seen.has(name)) throw new Error('jti reused')
  facts.seen.add(name)
  const key = jwks.keys.find((each) => each.kid === kid)
  return { method: 'private_key_jwt', kid, alg, thumbprint: await calculateJwkThumbprint(key ?? {}) }
}

/** Whether a client proved itself as it did when the session began. */
export function isSameAuth(a: ClientAuth, b: ClientAuth): boolean {
  return a.method === b.method && a.kid === b.kid && a.alg === b.alg && a.thumbprint === b.thumbprint
}
