import { resolveIdentity } from 'atproof/discovery'
import { type Fault, fakeNetwork } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import { alicesScene, refusedAuthorize, type Scene } from '../scene.ts'

const HANDLE = 'alice.example.com'
const NAME = `_atproto.${HANDLE}`
const WELL_KNOWN = `https://${HANDLE}/.well-known/atproto-did`
const WHERE = `a TXT record at ${NAME} or a DID at ${WELL_KNOWN}`
const SPELLING = `check the spelling, or, where this is a server, type https://${HANDLE}`
const AGAIN = "try again in a minute, or type the account's DID"

/** How long a sign-in takes by a clock that the test moves a tenth of a second at a time. */
async function timed({ clock }: Scene, attempt: Promise<unknown>): Promise<number> {
  const begin = clock.monotonic()
  let end: number | undefined
  const done = attempt.then(() => void (end = clock.monotonic()))
  while (end === undefined) await clock.advance(100)
  await done
  return end - begin
}

describe('the two ways of looking a handle up', () => {
  test('[A8] [A18] a DNS that hangs holds up the answer of the host for three seconds, and not the sign-in', async () => {
    const scene = alicesScene()
    const hanging = scene.network.fault({ path: NAME, hang: 'request' })
    expect(await timed(scene, scene.oauth.authorize(HANDLE))).toBe(3000)
    expect(hanging.count).toBe(1)
    expect(scene.network.log.to(NAME)[0]?.outcome).toBe('aborted')
    expect(scene.clock.sleeping).toBe(0)
  })

  test.each(['request', 'answer', 'body'] as const)(
    '[A8] a host whose %s hangs holds up nothing where DNS has answered',
    async (hang) => {
      const scene = alicesScene()
      scene.network.txtRecords.set(NAME, [[`did=${scene.alice.did}`]])
      scene.network.fault({ path: WELL_KNOWN, hang })
      expect(await timed(scene, scene.oauth.authorize(HANDLE))).toBe(0)
      expect(scene.clock.sleeping).toBe(0)
    },
  )

  test('[A8] the slower DNS wins against the faster host where they disagree', async () => {
    const scene = alicesScene()
    const mallory = scene.network.createAccount('mallory.example.com')
    scene.network.wellKnownDids.set(HANDLE, mallory.did)
    scene.network.txtRecords.set(NAME, [[`did=${scene.alice.did}`]])
    scene.network.fault({ path: NAME, delay: 'answer', ms: 2900 })
    expect(await timed(scene, scene.oauth.authorize(HANDLE))).toBe(2900)
    expect(scene.network.log.to(/plc\.directory/).map(({ url }) => url)).toEqual([
      `https://plc.directory/${scene.alice.did}`,
    ])
  })

  test('[A6] [A8] DNS that names two accounts is not overruled by the host', async () => {
    const scene = alicesScene()
    const bob = scene.network.createAccount('bob.example.com')
    scene.network.fault({ path: NAME, txt: [[`did=${scene.alice.did}`], [`did=${bob.did}`]] })
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({
      code: 'handle_ambiguous',
      field: NAME,
      action: `type the account's DID; whoever keeps the domain leaves one did= record at ${NAME}`,
    })
  })

  test.each<[string, Fault]>([
    ['fails', { path: NAME, status: 500 }],
    ['cannot be reached', { path: NAME, refuse: true }],
    ['holds nothing of use', { path: NAME, txt: [['v=spf1 -all'], ['did=nonsense']] }],
  ])('[A8] the host answers where DNS %s', async (_, fault) => {
    const scene = alicesScene()
    scene.network.fault(fault)
    expect(await timed(scene, scene.oauth.authorize(HANDLE))).toBe(0)
  })
})

test('[A7] a browser follows the redirects of a host itself, since it shows none', async () => {
  const network = fakeNetwork()
  const alice = network.createAccount(HANDLE)
  network.host('https://next.example.com', () => new Response(alice.did))
  network.fault({ path: WELL_KNOWN, redirect: 'https://next.example.com/did', times: 2 })
  /** Refuses a `this` that is not the window, and hides a redirect that it is not to follow. */
  async function fetch(this: unknown, url: string, init: RequestInit): Promise<Response> {
    if (this !== undefined) throw new TypeError('Illegal invocation')
    const response = await network.fetch(url, init)
    const isHidden = init.redirect === 'manual' && response.status === 307
    return isHidden ? Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' }) : response
  }
  const { clock, resolveTxt } = network.clientOptions
  expect(await resolveIdentity(HANDLE, { fetch, clock, resolveTxt })).toMatchObject({ did: alice.did })
  expect(network.log.to(/^http/).map(({ url }) => url)).toEqual([
    WELL_KNOWN,
    WELL_KNOWN,
    'https://next.example.com/did',
    `https://plc.directory/${alice.did}`,
  ])
})

describe('a handle that could not be looked up says what each way answered', () => {
  const host = { path: WELL_KNOWN }
  const dns = { path: NAME }

  test.each<[string, string, string, readonly Fault[]]>([
    [
      'handle_unresolved',
      'DNS: ESERVFAIL',
      'status 404',
      [
        { ...dns, status: 500 },
        { ...host, status: 404 },
      ],
    ],
    [
      'handle_unresolved',
      'DNS: ECONNREFUSED',
      'status 404',
      [
        { ...dns, refuse: true },
        { ...host, status: 404 },
      ],
    ],
    ['handle_unresolved', 'DNS: no TXT record', `unreachable at ${HANDLE}`, [{ ...host, refuse: true }]],
    ['handle_unresolved', 'DNS: no TXT record', `connection_failed at ${HANDLE}`, [{ ...host, lose: 'answer' }]],
    ['handle_unresolved', 'DNS: no TXT record', `status 503 at ${HANDLE}`, [{ ...host, status: 503 }]],
    ['handle_unresolved', 'DNS: no TXT record', `status 429 at ${HANDLE}`, [{ ...host, status: 429 }]],
    ['handle_unresolved', 'DNS: no TXT record', `too_large at ${HANDLE}`, [{ ...host, body: 'huge' }]],
    [
      'handle_unresolved',
      'DNS: no TXT record',
      'insecure_url at next.example.com',
      [{ ...host, redirect: 'http://next.example.com/did?secret=1' }],
    ],
    [
      'handle_unresolved',
      'DNS: no TXT record',
      'address_forbidden 10.0.0.1',
      [{ ...host, redirect: 'https://10.0.0.1/did' }],
    ],
    [
      'handle_unresolved',
      'DNS: no TXT record',
      `handle_unresolved at ${HANDLE}`,
      [{ ...host, status: 302, headers: { location: 'https://[' } }],
    ],
    ['handle_not_found', 'DNS: no TXT record', 'status 404', [{ ...host, status: 404 }]],
    [
      'handle_not_found',
      'DNS: no TXT record',
      'status 404',
      [
        { ...dns, txt: [] },
        { ...host, status: 404 },
      ],
    ],
    ['handle_not_found', 'DNS: no TXT record', 'status 403', [{ ...host, status: 403 }]],
    ['handle_not_found', 'DNS: no TXT record', 'status 302', [{ ...host, status: 302 }]],
    [
      'handle_not_found',
      'DNS: no TXT record',
      'status 200 and no DID',
      [{ ...host, status: 200, body: '<html>' }],
    ],
    [
      'handle_not_found',
      'DNS: a TXT record without a DID of use',
      'status 404',
      [
        { ...dns, txt: [['did=did:key:z6Mk']] },
        { ...host, status: 404 },
      ],
    ],
  ])('[A5] [A8] %s: %s; host: %s', async (code, byDns, byHost, faults) => {
    const scene = alicesScene()
    for (const fault of faults) scene.network.fault(fault)
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ name: 'IdentityError', code, field: 'handle', expected: WHERE, found: HANDLE })
    expect(error.retryable).toBe(code === 'handle_unresolved')
    expect(error.action).toBe(code === 'handle_unresolved' ? AGAIN : SPELLING)
    expect(error.message).toContain(`: ${byDns}; host: ${byHost}`)
    expect(error.message).not.toContain('secret')
  })

  test('[A5] [A18] two that hang', async () => {
    const scene = alicesScene()
    for (const path of [NAME, WELL_KNOWN]) scene.network.fault({ path, hang: 'request' })
    const refused = refusedAuthorize(scene, HANDLE)
    expect(await timed(scene, refused)).toBe(5000)
    const error = await refused
    expect(error.message).toContain(`: DNS: timeout; host: timeout at ${HANDLE}`)
    expect(error.cause).toMatchObject({ code: 'timeout', url: WELL_KNOWN })
  })

  test('[A6] one that is too long for DNS', async () => {
    const scene = alicesScene()
    const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(49)}.com`
    const error = await refusedAuthorize(scene, long)
    expect(error.message).toContain(': DNS: the handle is too long; host: no such host')
  })

  test('[M5] nothing of what a resolveTxt of the app says, but its code', async () => {
    for (const [failure, why] of [
      [new Error('hunter2'), 'Error'],
      [Object.assign(new Error('hunter2'), { code: 'ESERVFAIL' }), 'ESERVFAIL'],
      [Object.assign(new Error('hunter2'), { code: 'hunter2' }), 'Error'],
      ['hunter2', 'failed'],
    ] as const) {
      const resolveTxt = async () => {
        throw failure
      }
      const scene = alicesScene({ client: { resolveTxt } })
      scene.network.wellKnownDids.clear()
      const { message } = await refusedAuthorize(scene, HANDLE)
      expect(message).toContain(`: DNS: ${why}; host: no such host`)
      expect(message).not.toContain('hunter2')
    }
  })
})

describe('a service that resolves handles', () => {
  const RESOLVER = 'https://resolver.example.com'
  const URL_OF_RESOLVER = `${RESOLVER}/xrpc/com.atproto.identity.resolveHandle`
  const withResolver = () => alicesScene({ client: { handleResolver: RESOLVER } })

  test('[A10] is asked for the handle alone, and DNS and the host are not', async () => {
    const scene = withResolver()
    scene.network.host(RESOLVER, () => Response.json({ did: scene.alice.did }))
    await scene.oauth.authorize(HANDLE)
    expect(scene.network.log.to(URL_OF_RESOLVER).map(({ url }) => url)).toEqual([
      `${URL_OF_RESOLVER}?handle=${HANDLE}`,
    ])
    expect([scene.network.log.count(NAME), scene.network.log.count(WELL_KNOWN)]).toEqual([0, 0])
  })

  test.each([
    [400, 'handle_not_found', ': status 400'],
    [404, 'handle_not_found', ': status 404'],
    [429, 'handle_unresolved', ': status 429'],
    [500, 'handle_unresolved', ': status 500'],
    [200, 'handle_unresolved', ': status 200 and no DID of use'],
  ])('[A10] that answers %d fails with %s and says where', async (status, code, detail) => {
    const scene = withResolver()
    scene.network.host(RESOLVER, () => Response.json({ did: 'did:key:x' }, { status }))
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({
      code,
      url: URL_OF_RESOLVER,
      field: 'handle',
      expected: `a DID from ${RESOLVER}`,
      action: code === 'handle_unresolved' ? AGAIN : SPELLING,
    })
    expect(error.message.endsWith(detail)).toBe(true)
  })

  test('[A10] that cannot be reached is named', async () => {
    expect(await refusedAuthorize(withResolver(), HANDLE)).toMatchObject({
      code: 'unreachable',
      url: URL_OF_RESOLVER,
    })
  })

  test.each(['http://resolver.example.com', 'https://resolver.example.com/xrpc', 'resolver.example.com'])(
    '[A5] %s is no service, and the constructor says so',
    (handleResolver) => {
      expect(() => alicesScene({ client: { handleResolver } })).toThrow(
        /^handleResolver: expected an https origin/,
      )
    },
  )
})

describe('DNS over HTTPS', () => {
  const SERVER = 'https://dns.example.com/resolve'

  test('[A5] is one option: the URL of whom to ask', async () => {
    const scene = alicesScene({ client: { resolveTxt: SERVER } })
    scene.network.wellKnownDids.clear()
    scene.network.host('https://dns.example.com', () =>
      Response.json({ Status: 0, Answer: [{ type: 16, data: `"did=${scene.alice.did}"` }] }),
    )
    await scene.oauth.authorize(HANDLE)
    expect(scene.network.log.to(SERVER)[0]?.url).toBe(`${SERVER}?name=${NAME}&type=TXT`)
    expect(scene.network.log.count(NAME)).toBe(0)
  })

  test.each(['http://dns.example.com/resolve', 'dns.example.com', '', 'https://a:b@dns.example.com/'])(
    '[A5] %j is none, and the constructor says so',
    (resolveTxt) => {
      expect(() => alicesScene({ client: { resolveTxt } })).toThrow(
        new TypeError(
          `resolveTxt: expected a function, or the https URL of a DNS-over-HTTPS server, found ${JSON.stringify(resolveTxt)}`,
        ),
      )
    },
  )

  test.each<[string, () => Response, string]>([
    ['an HTTP error', () => new Response('', { status: 502 }), 'status 502 at dns.example.com'],
    ['a failure of DNS', () => Response.json({ Status: 2 }), 'dns_failing at dns.example.com'],
    ['no JSON', () => new Response('<html>'), 'dns_failing at dns.example.com'],
    ['a redirect', () => Response.redirect('https://evil.example.com/'), 'redirected at dns.example.com'],
    ['more than 64 KiB', () => new Response(' '.repeat(64 * 1024 + 1)), 'too_large at dns.example.com'],
  ])('[A5] %s is no answer, and the error says where', async (_, answer, why) => {
    const scene = alicesScene({ client: { resolveTxt: SERVER } })
    scene.network.wellKnownDids.clear()
    scene.network.host('https://dns.example.com', answer)
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ code: 'handle_unresolved', retryable: true })
    expect(error.message).toContain(`: DNS: ${why}; host: no such host`)
    expect(scene.network.log.to(/evil/)).toEqual([])
  })

  test('[A18] that hangs is given three seconds', async () => {
    const scene = alicesScene({ client: { resolveTxt: SERVER } })
    scene.network.host('https://dns.example.com', () => new Response(''))
    scene.network.fault({ path: SERVER, hang: 'request' })
    expect(await timed(scene, scene.oauth.authorize(HANDLE))).toBe(3000)
    expect(scene.network.log.to(SERVER)[0]?.outcome).toBe('aborted')
  })
})
