import { createHash, randomUUID } from 'node:crypto'
import type { Storage } from 'atproof'
import { type CryptoKey, SignJWT } from 'jose'

/** The secrets of a stored session, for a test or demo that asks what a server thinks of them. */
export interface StoredSecrets {
  readonly pds: string
  readonly tokenEndpoint: string
  readonly issuer: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly key: CryptoKey
  readonly jwk: Record<string, string>
}

interface SessionRecord {
  pds: string
  tokenEndpoint: string
  issuer: string
  tokens: { accessToken: string; refreshToken: string }
  dpopKey: { key: CryptoKey; jwk: Record<string, string> }
}

/** Reads a session out of a storage that keeps CryptoKeys. */
export async function readSecrets(storage: Storage, sessionId: string): Promise<StoredSecrets> {
  const entry = await storage.get(`session/${sessionId}`)
  if (!entry) throw new Error(`no session ${sessionId} is stored`)
  const { pds, tokenEndpoint, issuer, tokens, dpopKey } = entry.value as unknown as SessionRecord
  return { pds, tokenEndpoint, issuer, ...tokens, ...dpopKey }
}

/** Four characters of a token's hash: enough to tell two tokens apart, and no secret. */
export function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 4)
}

/** How {@link callWithToken} sends. */
export interface CallOptions {
  readonly send: (url: string, init: RequestInit) => Promise<Response>
  /** The time of the server, in ms since the epoch. */
  readonly now: number
}

/** Calls `getSession` with a given access token and a fresh proof, past the server's wish for a nonce. */
export async function callWithToken(secrets: StoredSecrets, { send, now }: CallOptions): Promise<Response> {
  const url = `${secrets.pds}/xrpc/com.atproto.server.getSession`
  const first = await send(url, await withProof(secrets, { url, now }))
  const nonce = first.headers.get('dpop-nonce')
  const challenge = first.headers.get('www-authenticate') ?? ''
  if (first.status !== 401 || !nonce || !challenge.includes('use_dpop_nonce')) return first
  return send(url, await withProof(secrets, { url, now, nonce }))
}

async function withProof(
  secrets: StoredSecrets,
  { url, now, nonce }: { readonly url: string; readonly now: number; readonly nonce?: string },
): Promise<RequestInit> {
  const ath = createHash('sha256').update(secrets.accessToken).digest('base64url')
  const claims = { htm: 'GET', htu: url, ath, jti: randomUUID(), ...(nonce !== undefined && { nonce }) }
  const proof = await new SignJWT(claims)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: secrets.jwk })
    .setIssuedAt(Math.floor(now / 1000))
    .sign(secrets.key)
  return { headers: { authorization: `DPoP ${secrets.accessToken}`, dpop: proof } }
}
