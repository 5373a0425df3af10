import { base64url, SignJWT } from 'jose'
import { fakeNetwork } from 'atproof/testing'
import { nsid } from 'atproof'
import { describe, expect, test } from 'vitest'
import { bearer, pdsScene } from './scene.ts'

const API = 'did:web:api.example.com'
const ORIGIN = 'https://api.example.com'
const LIST = 'com.example.todo.list'

async function withService() {
  const scene = pdsScene()
  const api = scene.network.addService(`${API}#todo`, { methods: { [LIST]: (_, { did }) => ({ owner: did }) } })
  const { accessJwt } = await scene.logIn()
  const tokenFor = async (params: Record<string, string>) => {
    const { json } = await scene.call(
      `com.atproto.server.getServiceAuth?${new URLSearchParams(params)}`,
      bearer(accessJwt),
    )
    return String(json.token)
  }
  const ask = async (token?: string, method = LIST) => {
    const response = await scene.network.fetch(`${ORIGIN}/xrpc/${method}`, { headers: token ? bearer(token) : {} })
    const json = await response.json()
    return [response.status, json.error ?? json]
  }
  return { ...scene, api, accessJwt, tokenFor, ask }
}

describe('a service', () => {
  test('is reached through the PDS, which signs for the account', async () => {
    const network = fakeNetwork()
    const client = await network.signIn('alice.test')
    const api = network.addService(`${API}#todo`, { methods: { [LIST]: (_, { did }) => ({ owner: did }) } })
    network.log.clear()
    const { data } = await client.with({ headers: { 'atproto-proxy': api.reference } }).get(nsid(LIST))
    expect(data).toEqual({ owner: client.did })
    expect(
      [...network.log].filter(({ status }) => status === 200).map(({ from, path }) => `${from} ${path}`),
    ).toEqual([
      `alice.test /xrpc/${LIST}`,
      'pds.example.com /.well-known/did.json',
      `pds.example.com /xrpc/${LIST}`,
      `api.example.com /${client.did}`,
    ])
  })

  test('takes the token that an account asked for', async () => {
    const { alice, tokenFor, ask } = await withService()
    expect(await ask(await tokenFor({ aud: API, lxm: LIST }))).toEqual([200, { owner: alice.did }])
    expect(await ask(await tokenFor({ aud: `${API}#todo`, lxm: LIST }))).toEqual([200, { owner: alice.did }])
  })

  test('refuses a token that is not for it, not for the method, or too old', async () => {
    const { network, accessJwt, tokenFor, ask } = await withService()
    expect(await ask()).toEqual([401, 'MissingJwt'])
    expect(await ask('nonsense')).toEqual([401, 'BadJwt'])
    expect(await ask('a.b.c')).toEqual([401, 'BadJwt'])
    expect(await ask(accessJwt)).toEqual([401, 'BadJwt'])
    expect(await ask(await tokenFor({ aud: 'did:web:other.example.com', lxm: LIST }))).toEqual([
      401,
      'BadJwtAudience',
    ])
    expect(await ask(await tokenFor({ aud: API, lxm: 'com.example.other' }))).toEqual([401, 'BadJwtLexiconMethod'])
    expect(await ask(await tokenFor({ aud: API }))).toEqual([401, 'BadJwtLexiconMethod'])
    const token = await tokenFor({ aud: API, lxm: LIST })
    await network.clock.advance(61_000)
    expect(await ask(token)).toEqual([401, 'JwtExpired'])
  })

  test('refuses a token that the account has not signed', async () => {
    const { network, alice, tokenFor, ask } = await withService()
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
    const exp = Math.floor(network.serverTime / 1000) + 60
    const forge = (typ: string, iss: string) =>
      new SignJWT({ iss, aud: API, exp, lxm: LIST }).setProtectedHeader({ typ, alg: 'ES256' }).sign(privateKey)
    expect(await ask(await forge('JWT', alice.did))).toEqual([401, 'BadJwtSignature'])
    expect(await ask(await forge('JWT', 'alice'))).toEqual([401, 'BadJwtIss'])
    expect(await ask(await forge('at+jwt', alice.did))).toEqual([401, 'BadJwtType'])
    const none = [
      { typ: 'JWT', alg: 'none' },
      { iss: alice.did, aud: API, exp, lxm: LIST },
    ]
    const unsigned = none.map((part) => base64url.encode(JSON.stringify(part))).join('.')
    expect(await ask(`${unsigned}.`)).toEqual([401, 'BadJwtSignature'])
    const token = await tokenFor({ aud: API, lxm: LIST })
    network.didDocuments.set(alice.did, { id: alice.did, verificationMethod: [] })
    expect(await ask(token)).toEqual([401, 'AuthenticationRequired'])
    network.didDocuments.set(alice.did, null)
    expect(await ask(token)).toEqual([401, 'AuthenticationRequired'])
  })

  test('has the methods it was given', async () => {
    const { api, tokenFor, ask } = await withService()
    expect(await ask(undefined, 'com.example.other')).toEqual([501, 'MethodNotImplemented'])
    api.respond(LIST, () => {
      throw new Error('boom')
    })
    expect(await ask(await tokenFor({ aud: API, lxm: LIST }))).toEqual([500, 'InternalServerError'])
  })

  test('is refused without a place in its reference', () => {
    const { network } = pdsScene()
    expect(() => network.addService(API)).toThrow(TypeError)
    expect(() => network.addService('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa#todo')).toThrow(TypeError)
    const origin = 'https://plc-service.example.com'
    expect(network.addService('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa#todo', { origin })).toMatchObject({ origin })
  })
})

describe('a PDS', () => {
  test('passes on what it does not have to the default service, in the name of somebody', async () => {
    const { network, call, logIn, alice } = pdsScene()
    const profile = 'app.bsky.actor.getProfile'
    expect((await call(profile)).json.error).toBe('MethodNotImplemented')
    const methods = { [profile]: (_: Request, { did }: { did: string }) => ({ viewer: did }) }
    network.addService('did:web:appview.example.com#bsky_appview', { methods, isDefault: true })
    expect((await call(profile)).json.error).toBe('AuthMissing')
    const { accessJwt } = await logIn()
    expect((await call(profile, bearer(accessJwt))).json).toEqual({ viewer: alice.did })
  })

  test('cannot reach a service that is down', async () => {
    const { network, call, accessJwt, api } = await withService()
    network.fault({ path: `${ORIGIN}/xrpc/${LIST}`, refuse: true })
    const { status, json } = await call(LIST, { ...bearer(accessJwt), 'atproto-proxy': api.reference })
    expect([status, json]).toEqual([502, { error: 'UpstreamFailure', message: 'Upstream service unreachable' }])
  })

  test('names an error that a service did not name', async () => {
    const { network, call, accessJwt, api } = await withService()
    network.host(ORIGIN, (request) =>
      request.url.endsWith('/did.json')
        ? Response.json(network.didDocuments.get(API))
        : new Response('<html>', { status: 503, headers: { 'retry-after': '9' } }),
    )
    const answer = await call(LIST, { ...bearer(accessJwt), 'atproto-proxy': api.reference })
    expect([answer.status, answer.json.error]).toEqual([503, 'NotEnoughResources'])
    expect(answer.headers.get('retry-after')).toBeNull()
  })
})
