import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, jwtVerify } from 'jose'
import { z } from 'zod'
import { invalidClient, invalidGrant, invalidRequest } from '../oauth-error.ts'
import type { Client } from './clients.ts'
import { type Parameters, parsePart, type Refuse } from './read-body.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const MAX_AGE_SECONDS = 60
/** Three parts, none of them empty, the header an object. */
const JWT = /^ey[\w-]+\.[\w-]+\.[\w-]+$/

/** Who a request says it is from. */
export interface Credentials {
  readonly clientId: string
  /** Left out where it is none, or of another type. */
  readonly assertion: string | undefined
}

const credentialsSchema = z
  .object({
    client_id: z.string().min(1),
    client_assertion_type: z.unknown(),
    client_assertion: z.unknown(),
  })
  .transform(({ client_id: clientId, client_assertion: jwt, client_assertion_type: type }) => ({
    clientId,
    assertion: type === ASSERTION_TYPE && typeof jwt === 'string' && JWT.test(jwt) ? jwt : undefined,
  }))

/** Reads who a request is from, or refuses in the words of its endpoint. */
export function parseCredentials(body: Parameters, refuse: Refuse): Credentials {
  return parsePart(credentialsSchema, body, 'Client credentials missing', refuse)
}

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
  /** The key that the request was proved with. */
  readonly proofKey: string | undefined
  /** Assertions that were taken: each counts once. */
  readonly seen: Set<string>
}

/** Authenticates a client by the method that its metadata names. What a public client sends beside its id is ignored. */
export async function authenticateClient(
  client: Client,
  assertion: string | undefined,
  facts: AuthenticationFacts,
): Promise<ClientAuth> {
  if (client.authMethod === 'none') return { method: 'none' }
  if (assertion === undefined) {
    throw invalidRequest('client authentication method "private_key_jwt" required a "client_assertion"')
  }
  const { auth, jti } = await verifyAssertion(client, assertion, facts).catch((cause: Error) => {
    throw invalidClient(`Validation of "client_assertion" failed: ${cause.message}`)
  })
  // Stricter than the reference server, which means to refuse it, and compares thumbprints of two kinds.
  if (auth.thumbprint === facts.proofKey) {
    throw invalidRequest('The DPoP proof must be signed with a different key than the client assertion')
  }
  const name = `${client.id} ${jti}`
  if (facts.seen.has(name)) throw invalidGrant('private_key_jwt jti reused')
  facts.seen.add(name)
  return auth
}

async function verifyAssertion(
  client: Client,
  assertion: string,
  facts: AuthenticationFacts,
): Promise<{ auth: ClientAuth; jti: unknown }> {
  const { key, protectedHeader, payload } = await jwtVerify(
    assertion,
    createLocalJWKSet(client.jwks ?? { keys: [] }),
    {
      issuer: client.id,
      subject: client.id,
      audience: facts.issuer,
      // No tolerance: an assertion from the future is refused, by however little.
      maxTokenAge: MAX_AGE_SECONDS,
      // `exp` is stricter than the reference server, which asks for it in its comments only: RFC 7523 §3.
      requiredClaims: ['jti', 'exp'],
      currentDate: new Date(facts.now),
    },
  )
  const { kid, alg } = protectedHeader
  if (!kid) throw new Error('"kid" required')
  const thumbprint = await calculateJwkThumbprint(await exportJWK(key))
  return { auth: { method: 'private_key_jwt', kid, alg, thumbprint }, jti: payload.jti }
}

/** What is wrong with how a client proves itself, against how it did when the session began. */
export function findAuthFault(before: ClientAuth, now: ClientAuth): string | undefined {
  // A client may become confidential, and cannot go back.
  if (before.method === 'none') return undefined
  if (now.method !== before.method) return `Client authentication method mismatch (expected ${before.method})`
  const isSame = now.kid === before.kid && now.alg === before.alg && now.thumbprint === before.thumbprint
  return isSame
    ? undefined
    : 'The session was initiated with a different key than the client assertion currently used'
}
