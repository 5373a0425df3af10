import { hasShape, isText, oneOf } from '../syntax/shape.ts'
import type { ClientKey } from './client-keys.ts'

/**
 * How a session's client showed who it is. A server pins a session to it: another client id, method or key at a refresh
 * makes the reference server delete the session. So a session goes on with its own, whatever the app is called by now.
 */
export type ClientAuth =
  | { readonly method: 'none'; readonly clientId: string }
  | {
      readonly method: 'private_key_jwt'
      readonly clientId: string
      readonly kid: string
      readonly alg: 'ES256'
      /** The key's thumbprint (RFC 7638). */
      readonly jkt: string
    }

/** Whether a stored value is what a session can be pinned to. */
export function isClientAuth(value: unknown): value is ClientAuth {
  if (hasShape<{ method: 'none'; clientId: string }>(value, { method: oneOf('none'), clientId: isText }))
    return true
  const shape = {
    method: oneOf('private_key_jwt'),
    clientId: isText,
    kid: isText,
    alg: oneOf('ES256'),
    jkt: isText,
  }
  return hasShape<Exclude<ClientAuth, { method: 'none' }>>(value, shape)
}

/** What an assertion is made for. */
export interface AssertionFacts {
  /** The issuer, not the endpoint. */
  readonly audience: string
  /** A unique `jti`. */
  readonly id: string
  /** The time in ms since the epoch as the server's clock has it. */
  readonly now: number
}

/** How a client shows who it is. */
export interface ClientAuthentication {
  /** What a new session is to be pinned to. */
  choose(): Promise<ClientAuth>
  /** Whether this deployment can still act for a session that is pinned so. */
  canActAs(auth: ClientAuth): Promise<boolean>
  /** The form fields that authenticate one sending of a request. */
  parametersFor(auth: ClientAuth, facts: AssertionFacts): Promise<Readonly<Record<string, string>>>
}

/** The assertion says it is this old: a server has no tolerance for one from the future. */
const BACKDATED_S = 10
const LIFETIME_S = 60

/** A public client: it shows nothing but its client id. */
export function publicClient(clientId: string): ClientAuthentication {
  return {
    choose: async () => ({ method: 'none', clientId }),
    canActAs: async (auth) => auth.method === 'none',
    parametersFor: async (auth) => ({ client_id: auth.clientId }),
  }
}

/**
 * A confidential client: it signs an assertion with the very key that the session is pinned to.
 *
 * @see RFC 7523 §3
 */
export function confidentialClient(clientId: string, keys: readonly ClientKey[]): ClientAuthentication {
  return { choose, canActAs, parametersFor }

  async function choose(): Promise<ClientAuth> {
    const [newest] = keys
    if (!newest) return { method: 'none', clientId }
    return { method: 'private_key_jwt', clientId, kid: newest.kid, alg: 'ES256', jkt: await thumbprint(newest) }
  }

  async function canActAs(auth: ClientAuth): Promise<boolean> {
    if (auth.method === 'none') return false
    const key = keys.find(({ kid }) => kid === auth.kid)
    return key !== undefined && auth.alg === 'ES256' && (await thumbprint(key)) === auth.jkt
  }

  async function parametersFor(
    auth: ClientAuth,
    facts: AssertionFacts,
  ): Promise<Readonly<Record<string, string>>> {
    const key = auth.method === 'none' ? undefined : keys.find(({ kid }) => kid === auth.kid)
    if (!key) return { client_id: auth.clientId }
    const { SignJWT, importJWK } = await import('jose')
    const issuedAt = Math.floor(facts.now / 1000) - BACKDATED_S
    const assertion = await new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: key.kid })
      .setIssuer(auth.clientId)
      .setSubject(auth.clientId)
      .setAudience(facts.audience)
      .setJti(facts.id)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFETIME_S)
      .sign(await importJWK({ ...key }, 'ES256'))
    return {
      client_id: auth.clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }
  }
}

async function thumbprint(key: ClientKey): Promise<string> {
  // jose comes in where there are client keys, and nowhere else: a public client never loads it.
  const { calculateJwkThumbprint } = await import('jose')
  return calculateJwkThumbprint({ kty: key.kty, crv: key.crv, x: key.x, y: key.y })
}
