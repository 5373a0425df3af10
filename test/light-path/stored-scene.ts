import type { StoredValue } from 'atproof'

const DID = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const PDS = 'https://pds.example.com'
const sessionId = `${DID}/stored`
const asked: string[] = []

/** A session as a storage keeps it, and the few answers that a returning user needs. It needs no other package. */
export const SCENE = {
  sessionId,
  key: `session/${sessionId}`,
  asked,
  record: async (now: number): Promise<StoredValue> => ({
    schema: 1,
    sessionId,
    did: DID,
    handle: 'alice.example.com',
    issuer: PDS,
    tokenEndpoint: `${PDS}/oauth/token`,
    pds: PDS,
    scope: 'atproto',
    tokens: {
      accessToken: 'access-1',
      refreshToken: 'refresh-1',
      expiresAt: now + 3_600_000,
      lifetimeMs: 3_600_000,
    },
    dpopKey: await privateJwk(),
    clientAuth: { method: 'none', clientId: 'http://localhost' },
    gen: 1,
    // Long enough ago that the refresh asks for the issuer: that, too, is the light path.
    checkedAt: now - 3_600_000,
    status: 'active',
    createdAt: now - 3_600_000,
    endsAt: now + 3_600_000,
    attempt: null,
  }),
  fetch: async (url: string): Promise<Response> => {
    const { pathname } = new URL(url)
    asked.push(pathname)
    return answers[pathname]?.() ?? new Response('not found', { status: 404 })
  },
}

async function privateJwk(): Promise<StoredValue> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return { kty: 'EC', crv: 'P-256', x, y, d }
}

const answers: Record<string, (() => Response) | undefined> = {
  '/xrpc/com.atproto.server.getSession': () => Response.json({ did: DID, handle: 'alice.example.com' }),
  [`/${DID}`]: () =>
    Response.json({
      id: DID,
      alsoKnownAs: ['at://alice.example.com'],
      service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: PDS }],
    }),
  '/.well-known/oauth-protected-resource': () => Response.json({ resource: PDS, authorization_servers: [PDS] }),
  '/.well-known/oauth-authorization-server': () =>
    Response.json({ issuer: PDS, token_endpoint: `${PDS}/oauth/token` }),
  '/oauth/token': () =>
    Response.json({
      access_token: 'access-2',
      refresh_token: 'refresh-2',
      token_type: 'DPoP',
      scope: 'atproto',
      sub: DID,
      expires_in: 3600,
    }),
}
