import { AuthorizationError, memoryStorage, NetworkError, type Storage, StorageError } from 'atproof'
import { calculateJwkThumbprint, jwtVerify, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import type { LogEntry } from 'atproof/testing'
import { hashBase64url } from '../../../src/testing/hash.ts'
import { verifyProof } from '../../../src/testing/verify-proof.ts'
import {
  alicesScene,
  CLIENT_ID,
  confidentialAlice,
  consentedAlice,
  failureOf,
  keysIn,
  onlyEntry,
  privateKey,
  REDIRECT_URI,
  refusedAuthorize,
  type Scene,
  SCOPE,
  signIn,
  WEB_REDIRECT_URI,
} from '../scene.ts'
import { jsonStorage, otherProcess } from './processes.ts'

const ISSUER = 'https://pds.example.com'
const PAR = `${ISSUER}/oauth/par`
const TOKEN = `${ISSUER}/oauth/token`
const HOUR = 3_600_000

/** A server that answers with JSON. */
const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    Response.json(body, { status, headers })

/** The pushed requests as they were sent: the first is refused for the lack of a nonce. */
function pushes({ network }: Scene): readonly LogEntry[] {
  return network.log.to('/oauth/par')
}

function fieldsOf(entry: LogEntry | undefined): Record<string, string> {
  return Object.fromEntries(entry?.form ?? [])
}

async function signInOf({ storage }: Scene): Promise<Readonly<Record<string, unknown>>> {
  const { value } = await onlyEntry(storage, 'signin/')
  return value as Readonly<Record<string, unknown>>
}

describe('the pushed request', () => {
  test('[D1] of a public client says who, what and where, and nothing else', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    expect(pushes(scene).map(({ status }) => status)).toEqual([400, 201])
    for (const push of pushes(scene)) {
      expect(push).toMatchObject({ method: 'POST', url: PAR })
      expect(fieldsOf(push)).toEqual({
        client_id: `http://localhost?${new URLSearchParams({ redirect_uri: REDIRECT_URI, scope: SCOPE })}`,
        response_type: 'code',
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
        code_challenge_method: 'S256',
        state: expect.stringMatching(/^[\w-]{43}$/),
        redirect_uri: REDIRECT_URI,
        scope: SCOPE,
        login_hint: 'alice.example.com',
      })
    }
  })

  test('[D1] [D8] of a confidential client carries an assertion beside that', async () => {
    const scene = await confidentialAlice()
    await scene.oauth.authorize('alice.example.com')
    expect(Object.keys(fieldsOf(pushes(scene)[1])).toSorted()).toEqual([
      'client_assertion',
      'client_assertion_type',
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'login_hint',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ])
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({
      client_id: CLIENT_ID,
      redirect_uri: WEB_REDIRECT_URI,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    })
  })

  test('[D1] is a form, with no header that a browser would have to ask leave for', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    const names = [...(pushes(scene)[0]?.headers.keys() ?? [])].toSorted()
    expect(names).toEqual(['accept', 'content-type', 'dpop'])
    expect(pushes(scene)[0]?.headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/)
  })

  test('[D1] carries what the app asks for, and only that', async () => {
    const redirectUri = 'http://[::1]/other'
    const scene = alicesScene({ client: { redirectUris: [REDIRECT_URI, redirectUri] } })
    const options = { prompt: 'login', locale: 'de fr-CH', scope: 'atproto', redirectUri, state: 'of the app' }
    await scene.oauth.authorize('alice.example.com', options)
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({
      prompt: 'login',
      ui_locales: 'de fr-CH',
      scope: 'atproto',
      redirect_uri: redirectUri,
    })
    expect(pushes(scene)[1]?.form?.has('display')).toBe(false)
  })

  test('[D1] [C9] may return to any port of this machine where none was declared', async () => {
    const scene = alicesScene()
    const redirectUri = 'http://127.0.0.1:53682/callback'
    await scene.oauth.authorize('alice.example.com', { redirectUri })
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({ redirect_uri: redirectUri })
  })

  test.each(['http://127.0.0.1/elsewhere', 'https://evil.example.com/callback', 'http://localhost/callback', ''])(
    '[D1] is not sent for the redirect URI %s, which is not of the client',
    async (redirectUri) => {
      const scene = alicesScene()
      const error = await refusedAuthorize(scene, 'alice.example.com', { redirectUri })
      expect(error).toEqual(
        new TypeError(`redirectUri: expected one of ${REDIRECT_URI}, found ${JSON.stringify(redirectUri)}`),
      )
      expect(scene.network.log.entries).toEqual([])
    },
  )

  test.each([
    ['alice.example.com', 'alice.example.com'],
    ['@alice.example.com', 'alice.example.com'],
    ['Alice.Example.COM', 'Alice.Example.COM'],
    [' alice.example.com ', 'alice.example.com'],
  ])('[D6] hints at the account as it was typed: %s', async (typed, hint) => {
    const scene = alicesScene()
    await scene.oauth.authorize(typed)
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({ login_hint: hint })
  })

  test('[D6] hints at a DID as it was typed, not at the handle', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize(scene.alice.did)
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({ login_hint: scene.alice.did })
  })

  test.each([ISSUER, `${ISSUER}/`, ` ${ISSUER} `])(
    '[D6] hints at nobody where the sign-in begins at a server: %j',
    async (typed) => {
      const scene = alicesScene()
      await scene.oauth.authorize(typed)
      expect(pushes(scene).map(({ form }) => form?.has('login_hint'))).toEqual([false, false])
    },
  )

  test.each(['handle.invalid', '@handle.invalid', 'HANDLE.INVALID'])(
    '[D6] [A4] never hints at %s, which is nobody’s',
    async (typed) => {
      const scene = alicesScene()
      expect(await refusedAuthorize(scene, typed)).toMatchObject({ name: 'IdentityError' })
      expect(scene.network.log.entries).toEqual([])
    },
  )

  test('[D6] [A4] hints at the DID, where the account has no handle but the one that is nobody’s', async () => {
    const scene = alicesScene()
    const { did } = scene.alice
    const document = scene.network.didDocuments.get(did)
    scene.network.didDocuments.set(did, { ...document, alsoKnownAs: ['at://handle.invalid'] })
    await scene.oauth.authorize(did)
    expect(pushes(scene).map(({ form }) => form?.get('login_hint'))).toEqual([did, did])
    const stored = await signInOf(scene)
    expect(stored['did']).toBe(did)
    expect(stored).not.toHaveProperty('handle')
  })
})

/** All that can be asked for at once. */
async function fullPush(): Promise<{ readonly entry: LogEntry; readonly body: string }> {
  const scene = await confidentialAlice({ client: { scope: SCOPE } })
  let body = ''
  const { fetch } = scene.network
  const oauth = otherProcess(scene, {
    clientId: CLIENT_ID,
    redirectUri: WEB_REDIRECT_URI,
    keys: scene.keys,
    fetch: async (url, init) => {
      if (url === PAR) body = String(init.body)
      return fetch(url, init)
    },
  })
  const page = { prompt: 'login', display: 'popup', locale: ['de', 'en'], responseMode: 'query' } as const
  await oauth.authorize('alice.example.com', { ...page, state: 'of the app' })
  const entry = pushes(scene).at(-1)
  if (!entry) throw new Error('nothing was pushed')
  return { entry, body }
}

describe('the body of a pushed request', () => {
  test('[D1] holds every parameter that there is, once, and nothing else', async () => {
    const { entry } = await fullPush()
    const names = [...(entry.form?.keys() ?? [])]
    expect(names.toSorted()).toEqual([
      'client_assertion',
      'client_assertion_type',
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'display',
      'login_hint',
      'prompt',
      'redirect_uri',
      'response_mode',
      'response_type',
      'scope',
      'state',
      'ui_locales',
    ])
    expect(fieldsOf(entry)).toMatchObject({ response_mode: 'query', display: 'popup', ui_locales: 'de en' })
  })

  test('[D1] is encoded as a form, never as JSON, with its parameters in the body and none in the URL', async () => {
    const { entry, body } = await fullPush()
    expect(new URL(entry.url).search).toBe('')
    expect(body).toMatch(/^[\w.*+%-]+=[\w.*+%-]*(?:&[\w.*+%-]+=[\w.*+%-]*)*$/)
    expect(new URLSearchParams(body).get('redirect_uri')).toBe(WEB_REDIRECT_URI)
    expect(entry.headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/)
  })

  test('[D1] never holds a request_uri, a request, a secret, or a verifier', async () => {
    const { entry } = await fullPush()
    const forbidden = ['request_uri', 'request', 'client_secret', 'code_verifier', 'dpop_jkt', 'response_types']
    expect(forbidden.filter((name) => entry.form?.has(name))).toEqual([])
  })
})

describe('verifier and state', () => {
  test('[D2] the verifier fits its challenge, and is 256 bits of 43 characters', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    const { verifier } = await signInOf(scene)
    expect(verifier).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(fieldsOf(pushes(scene)[1])).toMatchObject({ code_challenge: await hashBase64url(String(verifier)) })
  })

  test('[D2] [D3] [D4] no two sign-ins share a verifier, a state, a key or a context', async () => {
    const scene = alicesScene()
    const contexts = [
      (await scene.oauth.authorize('alice.example.com')).context,
      (await scene.oauth.authorize('alice.example.com')).context,
    ]
    const done = pushes(scene).filter(({ status }) => status === 201)
    const thumbprints = await Promise.all(done.map(({ dpop }) => calculateJwkThumbprint(dpop?.header.jwk ?? {})))
    const kinds = [
      contexts,
      thumbprints,
      done.map(({ form }) => form?.get('state')),
      done.map(({ form }) => form?.get('code_challenge')),
    ]
    expect(kinds.map((values) => new Set(values).size)).toEqual([2, 2, 2, 2])
  })

  test('[D2] [D3] come from the randomness that the app gave, 32 bytes each', async () => {
    const asked: number[] = []
    const random = (length: number) => {
      asked.push(length)
      return crypto.getRandomValues(new Uint8Array(length))
    }
    const scene = alicesScene({ client: { random } })
    expect(asked).toEqual([])
    await scene.oauth.authorize('alice.example.com')
    expect(new Set(asked)).toEqual(new Set([32]))
  })

  test("[D3] the app's own state stays at home", async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene, { state: 'cart=42' })
    expect(callback.searchParams.get('state')).not.toContain('cart')
    expect((await scene.oauth.callback(callback, { context })).state).toBe('cart=42')
    const sent = scene.network.log.entries.map(
      ({ url, form, headers }) => `${url} ${form} ${[...headers.values()].join(' ')}`,
    )
    expect(sent.join('\n')).not.toMatch(/cart/)
  })

  test('[D3] [E5] neither the state nor the context is stored, so that nobody who reads the storage can use them', async () => {
    const scene = alicesScene()
    const { context } = await scene.oauth.authorize('alice.example.com')
    const state = fieldsOf(pushes(scene)[1])['state'] ?? ''
    const [key = ''] = await keysIn(scene.storage)
    expect(key).toBe(`signin/${await hashBase64url(state)}`)
    const stored = key + JSON.stringify(await scene.storage.get(key))
    expect(stored).not.toContain(state)
    expect(stored).not.toContain(context)
  })
})

describe('proofs', () => {
  test('[D9] of every request to the authorization server are what RFC 9449 asks for', async () => {
    const scene = alicesScene()
    await signIn(scene)
    const entries = scene.network.log.to(/\/oauth\/(par|token)$/)
    expect(entries.map(({ path, status }) => [path, status])).toEqual([
      ['/oauth/par', 400],
      ['/oauth/par', 201],
      ['/oauth/token', 200],
    ])
    for (const { url, dpop, headers, at } of entries) {
      expect(dpop?.header).toEqual({
        typ: 'dpop+jwt',
        alg: 'ES256',
        jwk: { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String) },
      })
      expect(dpop?.payload).toEqual({
        jti: expect.stringMatching(/^[\w-]{43}$/),
        htm: 'POST',
        htu: url,
        iat: Math.floor(at / 1000),
        ...(url === PAR && dpop?.payload.nonce === undefined ? {} : { nonce: expect.any(String) }),
      })
      await verifyProof(headers.get('dpop') ?? '', { method: 'POST', url, now: at })
    }
    expect(entries.map(({ dpop }) => dpop?.payload.nonce !== undefined)).toEqual([false, true, true])
    expect(new Set(entries.map(({ dpop }) => dpop?.payload.jti)).size).toBe(3)
  })

  test('[D9] leave the query of an endpoint out', async () => {
    const scene = alicesScene()
    scene.network.authorizationServerMetadata['pushed_authorization_request_endpoint'] = `${PAR}?tenant=1`
    await scene.oauth.authorize('alice.example.com')
    expect(pushes(scene)[1]).toMatchObject({ url: `${PAR}?tenant=1`, status: 201 })
    expect(pushes(scene)[1]?.dpop?.payload.htu).toBe(PAR)
  })

  test('[D4] of one sign-in are signed with one key, and the session keeps it', async () => {
    const scene = alicesScene()
    const client = await signIn(scene)
    await client.get('com.atproto.server.getSession')
    const proofs = scene.network.log.entries.flatMap(({ dpop }) => dpop ?? [])
    const thumbprints = await Promise.all(proofs.map(({ header }) => calculateJwkThumbprint(header.jwk ?? {})))
    expect(thumbprints.length).toBeGreaterThanOrEqual(4)
    expect(new Set(thumbprints)).toEqual(new Set([scene.alice.session.thumbprint]))
  })

  test('[D4] [M3] are signed with a key that nothing can export, where the storage keeps such keys', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    const { dpopKey } = (await signInOf(scene)) as { readonly dpopKey: { readonly key: CryptoKey } }
    expect(dpopKey.key).toMatchObject({ type: 'private', extractable: false, usages: ['sign'] })
  })

  test('[D4] are signed with a key that is stored as a JWK, where the storage keeps JSON only', async () => {
    const clock = testClock()
    const scene = alicesScene({ network: { clock }, storage: jsonStorage(memoryStorage({ clock })) })
    await scene.oauth.authorize('alice.example.com')
    const { dpopKey } = await signInOf(scene)
    expect(dpopKey).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: expect.any(String),
      y: expect.any(String),
      d: expect.any(String),
    })
    expect((await signIn(scene)).did).toBe(scene.alice.did)
  })
})

describe('assertions', () => {
  test('[D8] of every request to the authorization server name client, issuer and a minute', async () => {
    const scene = await confidentialAlice()
    await signIn(scene)
    const publicKey = await importJWK({ ...scene.oauth.jwks.keys[0] }, 'ES256')
    const entries = scene.network.log.to(/\/oauth\/(par|token)$/)
    expect(entries).toHaveLength(3)
    for (const { assertion, at, form } of entries) {
      const iat = Math.floor(at / 1000) - 10
      expect(assertion?.header).toEqual({ alg: 'ES256', kid: 'k1' })
      expect(assertion?.payload).toEqual({
        iss: CLIENT_ID,
        sub: CLIENT_ID,
        aud: ISSUER,
        jti: expect.stringMatching(/^[\w-]{43}$/),
        iat,
        exp: iat + 60,
      })
      await jwtVerify(form?.get('client_assertion') ?? '', publicKey, { currentDate: new Date(at) })
    }
    expect(new Set(entries.map(({ assertion }) => assertion?.payload.jti)).size).toBe(3)
  })

  test('[D8] speak to the issuer, also where the endpoint is somewhere else', async () => {
    const scene = await confidentialAlice()
    const elsewhere = 'https://tokens.example.com'
    scene.network.authorizationServerMetadata['pushed_authorization_request_endpoint'] = `${elsewhere}/par`
    scene.network.host(elsewhere, () => Response.json({ request_uri: 'urn:x' }, { status: 201 }))
    await scene.oauth.authorize('alice.example.com')
    expect(scene.network.log.to(`${elsewhere}/par`)[0]?.assertion?.payload.aud).toBe(ISSUER)
  })

  test('[C11] [D8] are signed with the first of several keys, and the sign-in remembers which', async () => {
    const keys = [await privateKey('new'), await privateKey('old')]
    const scene = await confidentialAlice({ client: { keys } })
    await scene.oauth.authorize('alice.example.com')
    expect(pushes(scene)[1]?.assertion?.header.kid).toBe('new')
    expect(await signInOf(scene)).toMatchObject({
      clientAuth: {
        method: 'private_key_jwt',
        kid: 'new',
        alg: 'ES256',
        jkt: await calculateJwkThumbprint(keys[0] ?? {}),
      },
    })
  })

  test('[D8] are never sent by a public client', async () => {
    const scene = alicesScene()
    await signIn(scene)
    expect(scene.network.log.entries.filter(({ form }) => form?.has('client_assertion'))).toEqual([])
    expect(await onlyEntry(scene.storage, 'session/')).toMatchObject({ value: { clientAuth: { method: 'none' } } })
  })
})

describe('a nonce', () => {
  test('[D10] [D8] is answered with a fresh proof and a fresh assertion, once', async () => {
    const scene = await confidentialAlice()
    await scene.oauth.authorize('alice.example.com')
    const [first, second, ...more] = pushes(scene)
    expect(more).toEqual([])
    expect(first).toMatchObject({ status: 400, error: 'use_dpop_nonce' })
    expect(first?.dpop?.payload.nonce).toBeUndefined()
    expect(second?.dpop?.payload.nonce).toMatch(/^nonce-/)
    expect(second?.dpop?.payload.jti).not.toBe(first?.dpop?.payload.jti)
    expect(second?.assertion?.payload.jti).not.toBe(first?.assertion?.payload.jti)
    const { client_assertion: before, ...fields } = fieldsOf(first)
    const { client_assertion: after, ...sameFields } = fieldsOf(second)
    expect(after).not.toBe(before)
    expect(sameFields).toEqual(fields)
  })

  test('[D10] that a server asks for again and again is answered once', async () => {
    const scene = alicesScene()
    let nonces = 0
    const respond = () => {
      nonces += 1
      const headers = { 'dpop-nonce': `nonce-${nonces}` }
      return Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers })
    }
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      name: 'AuthorizationError',
      code: 'request_refused',
      error: 'use_dpop_nonce',
    })
    expect(pushes(scene).map(({ dpop }) => dpop?.payload.nonce)).toEqual([undefined, 'nonce-1'])
  })

  test.each<[string, ResponseInit, unknown]>([
    ['401 with a challenge', { status: 401, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' } }, {}],
    ['401 with JSON', { status: 401 }, { error: 'use_dpop_nonce' }],
    ['400 with a challenge', { status: 400, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' } }, {}],
  ])('[D10] [G3] that is asked for by %s is answered all the same', async (_, init, body) => {
    const scene = alicesScene({ network: { noNonces: true } })
    const headers = { ...(init.headers as Record<string, string>), 'dpop-nonce': 'nonce-x' }
    const respond = () => Response.json(body, { ...init, headers })
    scene.network.fault({ path: '/oauth/par', respond })
    await failureOf(scene.oauth.authorize('alice.example.com'))
    expect(pushes(scene).map(({ dpop }) => dpop?.payload.nonce)).toEqual([undefined, 'nonce-x'])
  })

  test('[D10] is not made up where a server asks for none', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    await signIn(scene)
    expect(scene.network.log.to(/\/oauth\//).map(({ path }) => path)).toEqual(['/oauth/par', '/oauth/token'])
    expect(scene.network.log.to(/\/oauth\//).map(({ dpop }) => dpop?.payload.nonce)).toEqual([
      undefined,
      undefined,
    ])
  })

  test('[D5] [G2] of the pushed request is stored, so that the callback costs one request', async () => {
    const scene = alicesScene()
    const { callback, context } = await consentedAlice(scene)
    const before = scene.network.log.length
    await scene.oauth.callback(callback, { context })
    expect(scene.network.log.entries.slice(before).map(({ url, status }) => [url, status])).toEqual([[TOKEN, 200]])
  })
})

describe('a clock that is wrong', () => {
  const MINUTES = [5, -5] as const

  test.each(MINUTES)(
    '[G8] by %d minutes is learned from the refusal, and the sign-in goes on',
    async (minutes) => {
      const scene = await confidentialAlice()
      scene.clock.jumpWall(minutes * 60_000)
      const { callback, context } = await consentedAlice(scene)
      expect(pushes(scene).map(({ status }) => status)).toEqual([401, 201])
      const [first, second] = pushes(scene)
      expect(second?.dpop?.payload.iat).toBe(Math.floor(scene.network.serverTime / 1000))
      expect(second?.dpop?.payload.jti).not.toBe(first?.dpop?.payload.jti)
      expect(second?.assertion?.payload.jti).not.toBe(first?.assertion?.payload.jti)
      await scene.oauth.callback(callback, { context })
      expect(scene.network.log.to('/oauth/token').map(({ status }) => status)).toEqual([200])
    },
  )

  test.each([15, 60, 170, -60, -170])(
    '[G8] [D10] by %d seconds, which only the assertion shows, is learned beside the nonce',
    async (seconds) => {
      const scene = await confidentialAlice()
      scene.clock.jumpWall(seconds * 1000)
      await signIn(scene)
      expect(scene.alice.session.deleted).toBe(false)
    },
  )

  test('[G8] by a few seconds is none, and a refusal is not asked about twice', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    scene.clock.jumpWall(4_000)
    const respond = answer(401, { error: 'invalid_dpop_proof' })
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({ error: 'invalid_dpop_proof' })
    expect(pushes(scene)).toHaveLength(1)
  })

  test('[G8] by five minutes is no reason to ask twice where the server refuses for another reason', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    scene.clock.jumpWall(300_000)
    const respond = answer(400, { error: 'invalid_request' })
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({ error: 'invalid_request' })
    expect(pushes(scene)).toHaveLength(1)
  })

  test('[G8] is learned once: a server that refuses again is believed', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    scene.clock.jumpWall(300_000)
    const respond = answer(401, { error: 'invalid_dpop_proof' })
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({ code: 'request_refused' })
    expect(pushes(scene)).toHaveLength(2)
  })
})

describe('the answer to a pushed request', () => {
  test('[D11] makes a URL of nothing but the client and the reference', async () => {
    const scene = await confidentialAlice()
    const { url } = await scene.oauth.authorize('alice.example.com')
    expect(url.startsWith(`${ISSUER}/oauth/authorize?`)).toBe(true)
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      client_id: CLIENT_ID,
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:req-/),
    })
  })

  test('[D11] keeps the query that the endpoint has', async () => {
    const scene = alicesScene()
    scene.network.authorizationServerMetadata['authorization_endpoint'] = `${ISSUER}/oauth/authorize?tenant=1`
    const { url } = await scene.oauth.authorize('alice.example.com')
    expect([...new URL(url).searchParams.keys()]).toEqual(['tenant', 'client_id', 'request_uri'])
    expect(new URL(url).searchParams.get('tenant')).toBe('1')
  })

  test.each<[string, () => Response, string, Readonly<Record<string, unknown>>]>([
    [
      '400',
      answer(400, { error: 'invalid_scope', error_description: 'no such scope' }),
      'scope_refused',
      { field: 'scope', expected: 'a scope that this server grants', found: SCOPE, error: 'invalid_scope' },
    ],
    [
      '401',
      answer(401, { error: 'invalid_client' }),
      'client_refused',
      { field: 'error', error: 'invalid_client' },
    ],
    ['403 of a proxy', () => new Response('<html>', { status: 403 }), 'request_refused', { found: 'status 403' }],
    ['405', () => new Response(null, { status: 405 }), 'request_refused', { found: 'status 405' }],
    ['413', () => new Response('too large', { status: 413 }), 'request_refused', { found: 'status 413' }],
    ['500', answer(500, { error: 'server_error' }), 'server_failing', { error: 'server_error' }],
    ['502 of a proxy', () => new Response('<html>', { status: 502 }), 'server_failing', { found: 'status 502' }],
    ['200', answer(200, { request_uri: 'urn:x' }), 'request_refused', { field: 'request_uri' }],
    ['201 without a reference', answer(201, {}), 'request_refused', { field: 'request_uri' }],
    ['201 with an empty one', answer(201, { request_uri: '' }), 'request_refused', {}],
    ['201 with a number', answer(201, { request_uri: 7 }), 'request_refused', {}],
    ['201 with a web page', () => new Response('<html>', { status: 201 }), 'request_refused', {}],
  ])('[D11] [D12] that is %s is an error, and nothing is stored', async (_, respond, code, facts) => {
    const scene = alicesScene({ network: { noNonces: true } })
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    const error = await failureOf(scene.oauth.authorize('alice.example.com'))
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({
      code,
      url: PAR,
      expected: 'status 201 with a request_uri',
      retryable: code === 'server_failing',
      ...facts,
    })
    expect(await keysIn(scene.storage)).toEqual([])
    expect(pushes(scene)).toHaveLength(1)
  })

  test('[D12] tells what the server said of it', async () => {
    const scene = alicesScene()
    const said = { error: 'invalid_scope', error_description: 'Scope "transition:email" is not declared' }
    scene.network.fault({ path: '/oauth/par', respond: () => Response.json(said, { status: 400 }) })
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error.message).toBe(
      `the authorization server does not grant this scope at ${PAR} (scope, expected a scope that this server grants, found "${SCOPE}"): Scope "transition:email" is not declared`,
    )
  })

  test.each<[status: number, error: string | undefined, code: string, field: string, retryable: boolean]>([
    [400, 'invalid_request', 'request_refused', 'error', false],
    [400, 'unsupported_response_type', 'request_refused', 'error', false],
    [400, 'invalid_scope', 'scope_refused', 'scope', false],
    [400, 'invalid_client', 'client_refused', 'error', false],
    [401, 'invalid_client', 'client_refused', 'error', false],
    [400, 'invalid_client_metadata', 'client_refused', 'error', false],
    [400, 'invalid_redirect_uri', 'client_refused', 'error', false],
    [400, 'unauthorized_client', 'client_refused', 'error', false],
    [403, 'access_denied', 'request_refused', 'error', false],
    [400, 'constructor', 'request_refused', 'error', false],
    [405, undefined, 'request_refused', 'request_uri', false],
    [413, 'invalid_request', 'request_refused', 'error', false],
    [429, undefined, 'request_refused', 'request_uri', true],
    [429, 'rate_limit_exceeded', 'request_refused', 'error', true],
    [500, 'server_error', 'server_failing', 'error', true],
    [503, 'temporarily_unavailable', 'server_failing', 'error', true],
    [502, undefined, 'server_failing', 'request_uri', true],
  ])('[D12] that is %d %s means %s', async (status, name, code, field, retryable) => {
    const scene = alicesScene({ network: { noNonces: true } })
    const said = name === undefined ? undefined : JSON.stringify({ error: name, error_description: 'so it is' })
    const headers = { 'content-type': said ? 'application/json' : 'text/html', 'retry-after': '30' }
    const respond = () => new Response(said ?? '<html><p>so it is</p></html>', { status, headers })
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({ code, field, retryable, error: name, url: PAR })
    // What a web page says is not for a message.
    expect(error.message.includes('so it is')).toBe(name !== undefined)
    expect(error.message).not.toContain('<')
    // When to try again is for the app to read.
    expect(error.response?.headers.get('retry-after')).toBe('30')
    expect(pushes(scene)).toHaveLength(1)
  })

  test('[D12] tells an error that only the challenge of a 401 names', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    const headers = { 'www-authenticate': 'Bearer error="invalid_token", DPoP error="invalid_dpop_proof"' }
    scene.network.fault({ path: '/oauth/par', respond: () => new Response('', { status: 401, headers }) })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      code: 'request_refused',
      field: 'error',
      found: 'invalid_dpop_proof',
      error: 'invalid_dpop_proof',
    })
  })

  test('[D12] shortens what the server says of it', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    const respond = answer(400, { error: 'invalid_request', error_description: 'x'.repeat(5000) })
    scene.network.fault({ path: '/oauth/par', respond })
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error.message.length).toBeLessThan(500)
    expect(error.message).toMatch(/x…$/)
  })

  test.each([[7], [null], [['x']], [{ text: 'x' }]])(
    '[D12] says nothing of an error_description that is %j',
    async (error_description) => {
      const scene = alicesScene({ network: { noNonces: true } })
      const respond = answer(400, { error: 'invalid_request', error_description })
      scene.network.fault({ path: '/oauth/par', respond })
      const { message } = await refusedAuthorize(scene, 'alice.example.com')
      expect(message).toMatch(/found "invalid_request"\)$/)
    },
  )

  test('[J13] that redirects is not followed: an assertion goes nowhere else', async () => {
    const scene = await confidentialAlice()
    scene.network.fault({ path: '/oauth/par', respond: () => Response.redirect('https://evil.example.com/', 307) })
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'redirected', url: PAR, found: 307 })
    expect(scene.network.log.to(/evil/)).toEqual([])
  })

  test('[D12] that is lost leaves nothing behind', async () => {
    const scene = alicesScene()
    scene.network.fault({ path: '/oauth/par', lose: 'answer' })
    const error = await failureOf(scene.oauth.authorize('alice.example.com'))
    expect(error).toMatchObject({ name: 'NetworkError', code: 'connection_failed', url: PAR, retryable: true })
    expect(await keysIn(scene.storage)).toEqual([])
    expect(pushes(scene)).toHaveLength(2)
  })
})

describe('the scope', () => {
  test.each(['transition:generic', 'atproto transition:email', ''])(
    "[C3] is checked against the client's own before anybody is asked: %s",
    async (scope) => {
      const scene = alicesScene()
      await expect(scene.oauth.authorize('alice.example.com', { scope })).rejects.toThrow(TypeError)
      expect(scene.network.log.entries).toEqual([])
    },
  )
})

describe('the stored sign-in', () => {
  test('[D5] holds all that the callback needs', async () => {
    const scene = await confidentialAlice()
    await scene.oauth.authorize('alice.example.com', { state: 'of the app' })
    const now = scene.clock.now()
    expect(await signInOf(scene)).toEqual({
      schema: 1,
      issuer: ISSUER,
      tokenEndpoint: TOKEN,
      revocationEndpoint: `${ISSUER}/oauth/revoke`,
      did: scene.alice.did,
      handle: 'alice.example.com',
      pds: 'https://pds.example.com',
      redirectUri: WEB_REDIRECT_URI,
      scope: SCOPE,
      verifier: expect.any(String),
      dpopKey: { key: expect.any(CryptoKey), jwk: expect.any(Object) },
      clientAuth: {
        method: 'private_key_jwt',
        clientId: CLIENT_ID,
        kid: 'k1',
        alg: 'ES256',
        jkt: expect.any(String),
      },
      contextHash: expect.any(String),
      nonce: expect.stringMatching(/^nonce-/),
      clockOffset: 0,
      state: 'of the app',
      expiresAt: now + HOUR,
    })
  })

  test('[D5] that nobody stored sends nobody away', async () => {
    const inner = memoryStorage()
    const refusing: Storage = {
      keepsCryptoKeys: true,
      get: (key) => inner.get(key),
      put: async () => undefined,
      delete: async () => false,
      list: (prefix) => inner.list(prefix),
    }
    const error = await failureOf(alicesScene({ storage: refusing }).oauth.authorize('alice.example.com'))
    expect(error).toMatchObject({ name: 'StorageError', code: 'write_failed' })
  })

  test('[D5] is there before the app can send the person away', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    expect(await keysIn(scene.storage)).toEqual([expect.stringMatching(/^signin\/[\w-]{43}$/)])
  })

  test('[D5] is gone after an hour, and there a moment before', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize('alice.example.com')
    await scene.clock.advance(HOUR - 1)
    expect(await keysIn(scene.storage)).toHaveLength(1)
    await scene.clock.advance(1)
    expect(await keysIn(scene.storage)).toEqual([])
  })

  test('[D5] that cannot be written is an error, and nobody is sent away', async () => {
    const broken = new Error('disk full')
    const clock = testClock()
    const inner = memoryStorage({ clock })
    const storage: Storage = {
      keepsCryptoKeys: true,
      get: (key) => inner.get(key),
      put: () => Promise.reject(broken),
      delete: (key, options) => inner.delete(key, options),
      list: (prefix) => inner.list(prefix),
    }
    const scene = alicesScene({ network: { clock }, storage })
    const error = await failureOf(scene.oauth.authorize('alice.example.com'))
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ code: 'write_failed', cause: broken, retryable: true })
  })
})
