import { compactVerify, decodeJwt, decodeProtectedHeader, SignJWT, type JWTPayload } from 'jose'
import { readPublicKey, type SigningKey } from '../signing-keys.ts'
import type { WireFetch } from '../wire.ts'
import { DidResolver, findSigningKey } from './did-resolver.ts'
import { isDid } from './lexicon-values.ts'
import { XrpcRefusal } from './xrpc-refusal.ts'

/** What a service token says. */
export interface ServiceTokenFacts {
  /** The account. */
  readonly iss: string
  /** The service, by its DID. */
  readonly aud: string
  /** The one method that it is good for; undefined: any. */
  readonly lxm?: string | undefined
  /** In seconds since the epoch. @default in a minute */
  readonly exp?: number | undefined
}

/** Who asks a service, and for what. */
export interface ServiceTokenReader {
  /** The DID of the service; its own service entry (`did#id`) is taken too. */
  readonly audiences: readonly string[]
  readonly method: string
  /** The service's clock, in ms since the epoch. */
  readonly now: number
  /** Fetches the account's DID document, as the service. */
  readonly fetch: WireFetch
}

/** Signs a token with which an account's server speaks for it to another service. */
export function signServiceToken(key: SigningKey, now: number, facts: ServiceTokenFacts): Promise<string> {
  const iat = Math.floor(now / 1000)
  const { iss, aud, lxm, exp = iat + 60 } = facts
  const jti = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0'))
  return new SignJWT({ iat, iss, aud, exp, ...(lxm !== undefined && { lxm }), jti: jti.join('') })
    .setProtectedHeader({ typ: 'JWT', alg: 'ES256' })
    .sign(key.privateKey)
}

/** Verifies a service token as the reference services do, in their order. @throws XrpcRefusal 401, `BadJwt` and others */
export async function verifyServiceToken(token: string, reader: ServiceTokenReader): Promise<JWTPayload> {
  const { typ, payload } = decodeToken(token)
  const { iss = '', aud, exp = 0, lxm } = payload
  const { method } = reader
  if (['at+jwt', 'refresh+jwt', 'dpop+jwt'].includes(typ)) throw refuse('BadJwtType', `Invalid jwt type "${typ}"`)
  if (reader.now / 1000 > exp) throw refuse('JwtExpired', 'jwt expired')
  if (!reader.audiences.includes(String(aud))) {
    throw refuse('BadJwtAudience', 'jwt audience does not match service did')
  }
  if (lxm !== method) {
    const what = lxm === undefined ? 'missing' : 'bad'
    throw refuse('BadJwtLexiconMethod', `${what} jwt lexicon method ("lxm"). must match: ${method}`)
  }
  if (!isDid(iss)) throw refuse('BadJwtIss', 'jwt iss is not a valid did')
  await verifySignature(token, iss, reader.fetch)
  return payload
}

function decodeToken(token: string): { readonly typ: string; readonly payload: JWTPayload } {
  const malformed = refuse('BadJwt', 'poorly formatted jwt')
  try {
    const { typ = '', alg } = decodeProtectedHeader(token)
    const payload = decodeJwt(token)
    const isWhole = typeof payload.iss === 'string' && typeof payload.aud === 'string' && payload.exp !== undefined
    if (!isWhole || alg === undefined) throw malformed
    return { typ, payload }
  } catch {
    // Whatever cannot be decoded is malformed: there is nothing else to say of it.
    throw malformed
  }
}

async function verifySignature(token: string, issuer: string, fetch: WireFetch): Promise<void> {
  const document = await new DidResolver(fetch).resolve(issuer).catch(() => undefined)
  if (!document) throw refuse('AuthenticationRequired', 'could not resolve iss did')
  const multibase = findSigningKey(document)
  if (multibase === undefined) throw refuse('AuthenticationRequired', 'missing or bad key in did doc')
  const mismatch = refuse('BadJwtSignature', 'jwt signature does not match jwt issuer')
  const key = await readPublicKey(multibase).catch(() => {
    throw refuse('AuthenticationRequired', 'missing or bad key in did doc')
  })
  await compactVerify(token, key, { algorithms: ['ES256'] }).catch(() => {
    throw mismatch
  })
}

function refuse(error: string, message: string): XrpcRefusal {
  return new XrpcRefusal(401, error, message)
}
