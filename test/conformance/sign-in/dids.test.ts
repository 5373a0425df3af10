import { IdentityError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { didDocument } from '../../../src/testing/did-document.ts'
import { alicesScene, onlyEntry, refusedAuthorize, type Scene, type SceneOptions } from '../scene.ts'

const PDS = 'https://pds.example.com'
const OTHER_PDS = 'https://other.example.com'

/** Alice's DID document says something else. */
function aliceWith(changes: Readonly<Record<string, unknown>>, options?: SceneOptions): Scene {
  const scene = alicesScene(options)
  const { alice, network } = scene
  network.addPds(OTHER_PDS)
  network.didDocuments.set(alice.did, { ...didDocument(alice, PDS), ...changes })
  return scene
}

const service = (changes: Readonly<Record<string, unknown>> = {}) => ({
  id: '#atproto_pds',
  type: 'AtprotoPersonalDataServer',
  serviceEndpoint: PDS,
  ...changes,
})

/** Begins a sign-in, and tells where the account lives. */
async function pdsOf({ oauth, storage, alice }: Scene): Promise<unknown> {
  await oauth.authorize(alice.did)
  const { value } = await onlyEntry(storage, 'signin/')
  return (value as { readonly pds?: unknown }).pds
}

describe('the form of a DID', () => {
  test.each([
    ['did:', 'did_malformed'],
    ['did:plc:', 'did_malformed'],
    ['did:plc:short', 'did_malformed'],
    ['did:plc:ABCDEFGHIJKLMNOPQRSTUVWX', 'did_malformed'],
    ['did:plc:abcdefghijklmnopqrstuv01', 'did_malformed'],
    [`did:plc:${'a'.repeat(25)}`, 'did_malformed'],
    ['did:web:', 'did_malformed'],
    ['did:web:example.com:', 'did_malformed'],
    ['did:web:example.com%', 'did_malformed'],
    ['did:PLC:abcdefghijklmnopqrstuvwx', 'did_malformed'],
    ['did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK', 'did_unsupported'],
    ['did:example:123', 'did_unsupported'],
  ])('[A11] %s is %s, and nobody is asked', async (did, code) => {
    const scene = alicesScene()
    const error = await refusedAuthorize(scene, did)
    expect(error).toBeInstanceOf(IdentityError)
    expect(error).toMatchObject({ code, field: 'did', found: did, retryable: false })
    expect(error.message).toContain(code === 'did_unsupported' ? 'expected did:plc or did:web' : 'did:plc:…')
    expect(scene.network.log.entries).toEqual([])
  })

  test('[A11] a DID of more than 2048 characters is malformed', async () => {
    const scene = alicesScene()
    const did = `did:web:${'a.'.repeat(1100)}com`
    expect(await refusedAuthorize(scene, did)).toMatchObject({ code: 'did_malformed', field: 'did' })
    expect(scene.network.log.entries).toEqual([])
  })

  test.each([['did:web:example.com:user'], ['did:web:example.com%3A8443']])(
    '[A13] %s names more than a host, and is refused',
    async (did) => {
      const scene = alicesScene()
      const error = await refusedAuthorize(scene, did)
      expect(error).toMatchObject({ name: 'IdentityError', field: 'did', found: did })
      expect(scene.network.log.entries).toEqual([])
    },
  )
})

describe('did:plc', () => {
  test('[A12] asks the directory, once', async () => {
    const scene = alicesScene()
    await scene.oauth.authorize(scene.alice.did)
    expect(scene.network.log.to(/^https:\/\/plc\.directory/).map(({ url }) => url)).toEqual([
      `https://plc.directory/${scene.alice.did}`,
    ])
  })

  test('[A12] asks the directory that the app names', async () => {
    const scene = alicesScene({ client: { plcDirectory: 'https://plc.example.com' } })
    scene.network.host('https://plc.example.com', () => Response.json(didDocument(scene.alice, PDS)))
    await scene.oauth.authorize(scene.alice.did)
    expect(scene.network.log.to(/plc/).map(({ url }) => url)).toEqual([
      `https://plc.example.com/${scene.alice.did}`,
    ])
  })

  test.each(['http://plc.example.com', 'https://plc.example.com/did', 'plc.example.com'])(
    '[A12] %s is no directory, and the constructor says so',
    (plcDirectory) => {
      expect(() => alicesScene({ client: { plcDirectory } })).toThrow(
        new TypeError(
          `plcDirectory: expected an https origin, or one that \`allowLoopback\` names, found "${plcDirectory}"`,
        ),
      )
    },
  )

  test('[A12] an unknown DID is not found', async () => {
    const scene = alicesScene()
    scene.network.didDocuments.delete(scene.alice.did)
    const error = await refusedAuthorize(scene, scene.alice.handle)
    expect(error).toBeInstanceOf(IdentityError)
    expect(error).toMatchObject({
      code: 'did_not_found',
      field: 'did',
      found: scene.alice.did,
      url: `https://plc.directory/${scene.alice.did}`,
      retryable: false,
    })
  })

  test('[A12] a tombstone is told from an unknown DID', async () => {
    const scene = alicesScene()
    scene.network.didDocuments.set(scene.alice.did, null)
    expect(await refusedAuthorize(scene, scene.alice.handle)).toMatchObject({
      code: 'did_tombstoned',
      field: 'did',
      found: scene.alice.did,
      retryable: false,
    })
  })

  test.each([500, 503, 429])('[A11] a directory that answers %d may know it later', async (status) => {
    const scene = alicesScene()
    scene.network.host('https://plc.directory', () => new Response('busy', { status }))
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({
      name: 'IdentityError',
      code: 'did_unresolved',
      field: 'status',
      expected: '200',
      found: status,
      retryable: true,
    })
  })

  test('[A11] a directory that cannot be reached may be reached later', async () => {
    const scene = alicesScene()
    scene.network.fault({ path: /^https:\/\/plc\.directory/, refuse: true })
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({
      name: 'NetworkError',
      code: 'unreachable',
      url: `https://plc.directory/${scene.alice.did}`,
      retryable: true,
    })
  })

  test('[A18] a directory that hangs is given ten seconds', async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = alicesScene({ network: { clock } })
    scene.network.fault({ path: /^https:\/\/plc\.directory/, hang: 'request' })
    const begin = clock.monotonic()
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({ code: 'timeout', retryable: true })
    expect(clock.monotonic() - begin).toBe(10_000)
  })

  test('[B1] a directory that redirects is not followed', async () => {
    const scene = alicesScene()
    scene.network.host('https://plc.directory', () => Response.redirect('https://evil.example.com/', 302))
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({ code: 'redirected', found: 302 })
    expect(scene.network.log.to(/evil/)).toEqual([])
  })
})

describe('did:web', () => {
  const DID = 'did:web:web.example.com'
  const account = { did: DID, handle: 'web.example.com' }

  test('[A12] [A13] reads the document of the host, and signs in', async () => {
    const scene = alicesScene()
    scene.network.createAccount(account.handle, { did: DID })
    const { url, context } = await scene.oauth.authorize('web.example.com')
    const { client } = await scene.oauth.callback(scene.network.approve(url), { context })
    expect(client.session).toMatchObject({ did: DID, handle: 'web.example.com', pds: PDS })
    expect(scene.network.log.to(/did\.json/).map(({ url: asked }) => asked)).toEqual([
      'https://web.example.com/.well-known/did.json',
    ])
  })

  test.each([
    ['a private name', 'did:web:router.local'],
    ['this machine', 'did:web:localhost'],
    ['an address', 'did:web:127.0.0.1'],
    ['a domain that is never resolved', 'did:web:alice.example'],
    ['another one', 'did:web:alice.invalid'],
    ['an onion', 'did:web:alice.onion'],
    ['a test domain in production', 'did:web:alice.test'],
    ['a public address', 'did:web:8.8.8.8'],
  ])('[A13] asks nobody about %s', async (_, did) => {
    const scene = alicesScene()
    const host = `https://${did.slice('did:web:'.length)}`
    scene.network.host(host, () => Response.json(didDocument({ did, handle: 'web.example.com' }, PDS)))
    expect(await refusedAuthorize(scene, did)).toMatchObject({ retryable: false })
    expect(scene.network.log.entries).toEqual([])
  })

  const LOCAL = 'did:web:localhost%3A2583'

  test('[A13] takes a port on localhost where the app said that this is development', async () => {
    const scene = alicesScene({ client: { allowLoopback: ['http://localhost:2583'] } })
    const local = { did: LOCAL, handle: scene.alice.handle }
    scene.network.host('http://localhost:2583', () => Response.json(didDocument(local, PDS)))
    await scene.oauth.authorize(LOCAL)
    expect(scene.network.log.to(/^http/)[0]?.url).toBe('http://localhost:2583/.well-known/did.json')
  })

  test('[A13] takes no port on localhost in production', async () => {
    const scene = alicesScene()
    expect(await refusedAuthorize(scene, LOCAL)).toMatchObject({
      code: 'did_unsupported',
      field: 'did',
      found: LOCAL,
    })
    expect(scene.network.log.entries).toEqual([])
  })

  test('[A12] a host without a document has no account', async () => {
    const scene = alicesScene()
    scene.network.host('https://web.example.com', () => new Response('', { status: 404 }))
    expect(await refusedAuthorize(scene, DID)).toMatchObject({ code: 'did_not_found', found: DID })
  })

  test('[B1] a document that redirects is not followed', async () => {
    const scene = alicesScene()
    scene.network.host('https://web.example.com', () => Response.redirect('https://evil.example.com/did.json'))
    expect(await refusedAuthorize(scene, DID)).toMatchObject({ name: 'NetworkError', code: 'redirected' })
    expect(scene.network.log.to(/evil/)).toEqual([])
  })
})

describe('[A14] the document', () => {
  test.each<[string, unknown]>([
    ['of another account', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'],
    ['without an id', undefined],
    ['whose id is no text', 7],
  ])('[A14] refuses one %s', async (_, id) => {
    const scene = aliceWith({ id })
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({
      name: 'IdentityError',
      code: 'did_document_invalid',
      url: `https://plc.directory/${scene.alice.did}`,
      field: 'id',
      expected: scene.alice.did,
      found: id ?? null,
    })
  })

  test.each<[string, () => Response]>([
    ['no JSON', () => new Response('<html>')],
    ['a list', () => Response.json([])],
    ['null', () => Response.json(null)],
    ['nothing', () => new Response(null)],
  ])('[A14] refuses %s', async (_, answer) => {
    const scene = alicesScene()
    scene.network.host('https://plc.directory', answer)
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({
      code: 'did_document_invalid',
      field: 'document',
      expected: 'a JSON object',
    })
  })

  test('[A18] reads no more than 256 KiB', async () => {
    const scene = aliceWith({ padding: 'x'.repeat(256 * 1024) })
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({
      name: 'NetworkError',
      code: 'too_large',
    })
  })

  test('[A18] reads 200 KiB', async () => {
    expect(await pdsOf(aliceWith({ padding: 'x'.repeat(200 * 1024) }))).toBe(PDS)
  })

  test('[M8] a hostile document changes no prototype', async () => {
    const scene = alicesScene()
    const document = JSON.stringify(didDocument(scene.alice, PDS)).replace('{', '{"__proto__":{"polluted":true},')
    scene.network.host('https://plc.directory', () => new Response(document))
    expect(await pdsOf(scene)).toBe(PDS)
    expect(Object.prototype).not.toHaveProperty('polluted')
  })
})

describe('the PDS', () => {
  test('[A15] is the service with the relative id', async () => {
    expect(await pdsOf(aliceWith({ service: [service()] }))).toBe(PDS)
  })

  test('[A15] is the service with the absolute id', async () => {
    const { alice } = alicesScene()
    const scene = alicesScene()
    scene.network.didDocuments.set(alice.did, {
      ...didDocument(alice, PDS),
      service: [service({ id: `${alice.did}#atproto_pds` })],
    })
    expect(await pdsOf({ ...scene, alice })).toBe(PDS)
  })

  test.each<[string, readonly unknown[]]>([
    ['first of two', [service(), service({ serviceEndpoint: OTHER_PDS })]],
    ['first of its type', [service({ type: 'Other', serviceEndpoint: OTHER_PDS }), service()]],
    ['first of its id', [service({ id: '#atproto_labeler', serviceEndpoint: OTHER_PDS }), service()]],
    ['first one that is well-formed', [null, 'text', [], service()]],
    [
      'first of its own id, not that of another account',
      [service({ id: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa#atproto_pds', serviceEndpoint: OTHER_PDS }), service()],
    ],
  ])('[A15] is the %s', async (_, services) => {
    expect(await pdsOf(aliceWith({ service: services }))).toBe(PDS)
  })

  test('[A15] is its endpoint as an origin', async () => {
    expect(await pdsOf(aliceWith({ service: [service({ serviceEndpoint: `${PDS}:443/` })] }))).toBe(PDS)
  })

  test.each<[string, unknown]>([
    ['http', 'http://pds.example.com'],
    ['another scheme', 'ftp://pds.example.com'],
    ['credentials', 'https://a@pds.example.com'],
    ['a path', `${PDS}/path`],
    ['a query', `${PDS}?a=b`],
    ['an empty query', `${PDS}?`],
    ['a fragment', `${PDS}#a`],
    ['no URL', 'pds.example.com'],
    ['no text', { uri: PDS }],
    ['nothing', undefined],
  ])('[A15] refuses an endpoint with %s', async (_, serviceEndpoint) => {
    const scene = aliceWith({ service: [service({ serviceEndpoint })] })
    const error = await refusedAuthorize(scene, scene.alice.did)
    expect(error).toMatchObject({
      name: 'IdentityError',
      code: 'did_document_invalid',
      url: `https://plc.directory/${scene.alice.did}`,
      field: 'service #atproto_pds',
      expected: 'the https origin of a PDS',
      found: serviceEndpoint ?? null,
    })
    expect(scene.network.log.to(/well-known\/oauth/)).toEqual([])
  })

  test('[A15] does not fall back to a later service where the first has a wrong endpoint', async () => {
    const scene = aliceWith({ service: [service({ serviceEndpoint: 'http://pds.example.com' }), service()] })
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({ code: 'did_document_invalid' })
  })

  test.each<[string, unknown]>([
    ['no service', []],
    ['no list of services', undefined],
    ['a service for a list', service()],
    ['only services of others', [service({ id: '#bsky_notif', type: 'BskyNotificationService' })]],
  ])('[A15] refuses a document with %s', async (_, services) => {
    const scene = aliceWith({ service: services })
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({
      code: 'did_document_invalid',
      field: 'service #atproto_pds',
      found: null,
    })
  })

  test.each([
    'https://127.0.0.1',
    'https://[::1]',
    'https://10.0.0.1',
    'https://169.254.169.254',
    'https://pds.local',
  ])('[M1] is not asked at %s', async (serviceEndpoint) => {
    const scene = aliceWith({ service: [service({ serviceEndpoint })] })
    expect(await refusedAuthorize(scene, scene.alice.did)).toMatchObject({
      name: 'NetworkError',
      code: 'address_forbidden',
      field: 'host',
      found: new URL(serviceEndpoint).hostname,
    })
    expect(scene.network.log.to(/well-known\/oauth/)).toEqual([])
  })

  test('[A15] [M9] may be http on this machine where the app named exactly that origin', async () => {
    const origin = 'http://localhost:2583'
    const options = { client: { allowLoopback: [origin] } }
    const scene = aliceWith({ service: [service({ serviceEndpoint: origin })] }, options)
    scene.network.addPds(origin)
    expect(await pdsOf(scene)).toBe(origin)
    const other = aliceWith({ service: [service({ serviceEndpoint: 'http://localhost:2584' })] }, options)
    expect(await refusedAuthorize(other, other.alice.did)).toMatchObject({ code: 'did_document_invalid' })
  })
})
