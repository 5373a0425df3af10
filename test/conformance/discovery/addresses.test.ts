import { OAuthClient } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, REDIRECT_URI, refusedAuthorize, type Scene } from '../scene.ts'

const HANDLE = 'alice.example.com'

/** Ways to write a place that no stranger may send our requests to. */
const FORBIDDEN = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.0.0.1.',
  '１２７.0.0.1',
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '192.168.0.1',
  '224.0.0.1',
  '[::]',
  '[::1]',
  '[::ffff:10.0.0.1]',
  '[64:ff9b::a00:1]',
  '[2002:a00:1::]',
  '[fc00::1]',
  '[fe80::1]',
  '[ff02::1]',
  'localhost',
  'localhost.',
  'pds.localhost',
  'pds.local',
  'metadata.google.internal',
  'intranet',
] as const

const askedAt = ({ network }: Scene, host: string) => {
  const { origin } = new URL(`https://${host}`)
  return network.log.entries.filter(({ url }) => url.startsWith(origin))
}

/** Whoever is asked there answers: what keeps us away is not that nobody is at home. */
function trap({ network }: Scene, host: string): void {
  network.host(new URL(`https://${host}`).origin, () => new Response('caught'))
}

describe.each(FORBIDDEN)('%s', (host) => {
  test('[M1] [A15] is no PDS', async () => {
    const scene = alicesScene()
    trap(scene, host)
    scene.alice.moveTo(scene.network.pds)
    const document = JSON.parse(JSON.stringify(scene.network.didDocuments.get(scene.alice.did)))
    document.service[0].serviceEndpoint = `https://${host}`
    scene.network.didDocuments.set(scene.alice.did, document)
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({
      name: 'NetworkError',
      code: 'address_forbidden',
      field: 'host',
      found: new URL(`https://${host}`).hostname,
    })
    expect(askedAt(scene, host)).toEqual([])
  })

  test('[M1] [B4] is no authorization server', async () => {
    const scene = alicesScene()
    trap(scene, host)
    const { origin } = new URL(`https://${host}`)
    scene.network.protectedResourceMetadata['authorization_servers'] = [origin]
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({ code: 'address_forbidden' })
    expect(askedAt(scene, host)).toEqual([])
  })

  test('[M1] [A7] is nowhere to be sent on to', async () => {
    const scene = alicesScene()
    trap(scene, host)
    scene.network.fault({ path: '/.well-known/atproto-did', redirect: 'https://next.example.com/did' })
    scene.network.host(
      'https://next.example.com',
      () =>
        new Response(null, {
          status: 302,
          headers: { location: `https://${host.startsWith('[') ? host : encodeURI(host)}/` },
        }),
    )
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({
      code: 'handle_unresolved',
      cause: { code: 'address_forbidden' },
    })
    expect(askedAt(scene, host)).toEqual([])
  })

  test('[M1] [B11] is nowhere to sign in', async () => {
    const scene = alicesScene()
    trap(scene, host)
    expect(await refusedAuthorize(scene, `https://${host}`)).toMatchObject({ code: 'address_forbidden' })
    expect(askedAt(scene, host)).toEqual([])
  })
})

test.each([
  'http://10.0.0.1',
  'http://example.com',
  'https://example.com',
  'http://localhost:2583/',
  'localhost',
  'http://127.0.0.2',
])('[M9] %s cannot be allowed: only origins of this machine are, letter for letter', (origin) => {
  expect(() => new OAuthClient({ redirectUri: REDIRECT_URI, allowLoopback: [origin] })).toThrow(/^allowLoopback: /)
})

test('[M9] what is allowed is allowed exactly: no other port, scheme or name of this machine', async () => {
  const allowed = 'http://localhost:2583'
  for (const typed of ['http://localhost:2584', 'http://127.0.0.1:2583', 'http://localhost']) {
    const scene = alicesScene({ client: { allowLoopback: [allowed] } })
    expect(await refusedAuthorize(scene, typed)).toMatchObject({ code: 'server_url_insecure' })
    expect(scene.network.log.entries).toEqual([])
  }
  const scene = alicesScene({ client: { allowLoopback: [allowed] } })
  expect(await refusedAuthorize(scene, 'https://localhost:2583')).toMatchObject({ code: 'address_forbidden' })
  scene.network.addPds(allowed, { issuer: allowed })
  await scene.oauth.authorize(allowed)
  expect(scene.network.log.to('/oauth/par').at(-1)?.url).toBe(`${allowed}/oauth/par`)
})
