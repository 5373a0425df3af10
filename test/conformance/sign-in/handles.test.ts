import { IdentityError, memoryStorage } from 'atproof'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { alicesScene, onlyEntry, refusedAuthorize, type Scene, type SceneOptions } from '../scene.ts'

const HANDLE = 'alice.example.com'
const WELL_KNOWN = `https://${HANDLE}/.well-known/atproto-did`
const NEVER = () => new Promise<never>(() => {})

/** Begins a sign-in, and tells which account it is for. */
async function didOf({ oauth, storage }: Scene, identifier: string): Promise<unknown> {
  await oauth.authorize(identifier)
  const { value } = await onlyEntry(storage, 'signin/')
  return (value as { readonly did?: unknown }).did
}

/** Nobody answers for Alice's handle until the test says so. */
function unlistedAlice(options?: SceneOptions): Scene {
  const scene = alicesScene(options)
  scene.network.wellKnownDids.delete(HANDLE)
  return scene
}

const documentOf = ({ network, alice }: Scene) => ({ ...network.didDocuments.get(alice.did) })

function setTxt({ network }: Scene, ...records: string[][]): void {
  network.txtRecords.set(`_atproto.${HANDLE}`, records)
}

/** How long an attempt takes by a clock that never makes anybody wait. */
async function timed(clock: Scene['clock'], attempt: Promise<unknown>): Promise<number> {
  const begin = clock.monotonic()
  await attempt
  return clock.monotonic() - begin
}

describe('how a handle is typed', () => {
  test.each([
    ['[A2] in any case', 'Alice.EXAMPLE.com'],
    ['[A2] with an @', `@${HANDLE}`],
    ['[A2] with blanks around it', `  ${HANDLE}\n`],
  ])('%s it is the same handle', async (_, typed) => {
    const scene = alicesScene()
    expect(await didOf(scene, typed)).toBe(scene.alice.did)
    expect(scene.network.log.to(/^http/)[0]?.url).toBe(WELL_KNOWN)
  })

  test('[A2] an international handle stays punycode', async () => {
    const scene = alicesScene()
    const anna = scene.network.createAccount('xn--nna-6na.example.com')
    expect(await didOf(scene, 'XN--nna-6na.example.com')).toBe(anna.did)
  })

  test.each([
    ['a trailing dot', `${HANDLE}.`],
    ['an empty label', 'alice..com'],
    ['a hyphen at an edge', 'alice-.example.com'],
    ['a domain that begins with a digit', 'alice.1com'],
    ['a number as an address', '127.0.0.1'],
    ['an underscore', 'al_ice.example.com'],
    ['letters beyond ASCII', 'älice.example.com'],
    ['a letter that becomes ASCII in lower case', '\u212Aate.example.com'],
    ['a mark that is not seen within it', 'ali\u200Bce.example.com'],
    ['a label of 64 characters', `${'a'.repeat(64)}.example.com`],
    ['254 characters', `${'a'.repeat(62)}.${'b.'.repeat(95)}c`],
    ['two @', `@@${HANDLE}`],
    ['a path', `${HANDLE}/path`],
    ['a port', `${HANDLE}:443`],
  ])('[A1] refuses %s, and asks nobody', async (_, typed) => {
    const scene = alicesScene()
    const error = await refusedAuthorize(scene, typed)
    expect(error).toBeInstanceOf(IdentityError)
    expect(error).toMatchObject({ code: 'handle_malformed', field: 'handle', found: typed, retryable: false })
    expect(error.message).toContain('expected a domain name such as alice.example.com')
    expect(error.message).toContain(JSON.stringify(typed).slice(0, 200))
    expect(scene.network.log.entries).toEqual([])
  })

  test('[A1] takes labels of 63 characters and 253 in all', async () => {
    const scene = alicesScene()
    const handle = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(57)}.com`
    expect(handle).toHaveLength(253)
    const long = scene.network.createAccount(handle)
    expect(await didOf(scene, handle)).toBe(long.did)
  })
})

describe('domains that are never resolved', () => {
  const reserved = ['alt', 'arpa', 'example', 'internal', 'invalid', 'local', 'localhost', 'onion']

  test.each(reserved)('[A3] asks nobody about a handle in .%s', async (domain) => {
    const scene = alicesScene()
    scene.network.createAccount(`alice.${domain}`, { dns: true })
    const error = await refusedAuthorize(scene, `alice.${domain}`)
    expect(error).toMatchObject({ code: 'handle_reserved', field: 'handle', found: `alice.${domain}` })
    expect(scene.network.log.entries).toEqual([])
  })

  test('[A4] never resolves handle.invalid', async () => {
    const scene = alicesScene()
    scene.network.createAccount('handle.invalid', { dns: true })
    const error = await refusedAuthorize(scene, 'handle.invalid')
    expect(error).toMatchObject({ code: 'handle_placeholder', field: 'handle', found: 'handle.invalid' })
    expect(error.action).toContain('DID')
    expect(scene.network.log.entries).toEqual([])
  })

  test('[A3] a domain that only ends alike is an ordinary one', async () => {
    const scene = alicesScene()
    const bob = scene.network.createAccount('bob.notlocal')
    expect(await didOf(scene, 'bob.notlocal')).toBe(bob.did)
  })

  test('[A3] resolves .test where the app said that this is development', async () => {
    const scene = alicesScene({ client: { allowLoopback: ['http://localhost:2583'] } })
    const bob = scene.network.createAccount('bob.test')
    expect(await didOf(scene, 'bob.test')).toBe(bob.did)
  })

  test('[A3] refuses .test in production, and says how to allow it', async () => {
    const scene = alicesScene()
    scene.network.createAccount('bob.test')
    const error = await refusedAuthorize(scene, 'bob.test')
    expect(error).toMatchObject({ code: 'handle_reserved', found: 'bob.test' })
    expect(error.action).toContain('allowLoopback')
    expect(scene.network.log.entries).toEqual([])
  })
})

describe('DNS', () => {
  test('[A5] [A6] finds the DID in a TXT record, and the host need not know it', async () => {
    const scene = unlistedAlice()
    setTxt(scene, [`did=${scene.alice.did}`])
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A6] asks for _atproto below the handle, in lower case', async () => {
    const names: string[] = []
    const resolveTxt = async (name: string) => {
      names.push(name)
      return [[`did=${scene.alice.did}`]]
    }
    const scene: Scene = unlistedAlice({ client: { resolveTxt } })
    await scene.oauth.authorize('Alice.Example.Com')
    expect(names).toEqual([`_atproto.${HANDLE}`])
  })

  test('[A6] joins the chunks of a record', async () => {
    const scene = unlistedAlice()
    const { did } = scene.alice
    setTxt(scene, ['did=', did.slice(0, 10), did.slice(10)])
    expect(await didOf(scene, HANDLE)).toBe(did)
  })

  test('[A6] ignores records that say something else', async () => {
    const scene = unlistedAlice()
    const other = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
    const { did } = scene.alice
    setTxt(scene, ['v=spf1 -all'], [other], [`DID=${other}`], [`did=${did}`], [`xdid=${other}`], [`key=${other}`])
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A6] one DID said twice is one DID', async () => {
    const scene = unlistedAlice()
    setTxt(scene, [`did=${scene.alice.did}`], [`did=${scene.alice.did}`])
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A6] two DIDs are ambiguous, and the host is not asked to decide', async () => {
    const scene = alicesScene()
    const bob = scene.network.createAccount('bob.example.com')
    setTxt(scene, [`did=${scene.alice.did}`], [`did=${bob.did}`])
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({
      name: 'IdentityError',
      code: 'handle_ambiguous',
      field: `_atproto.${HANDLE}`,
      expected: 'one DID',
    })
    expect(error.message).toContain(scene.alice.did)
    expect(error.message).toContain(bob.did)
  })

  test('[A6] asks only the host about a handle that is too long for DNS', async () => {
    const names: string[] = []
    const resolveTxt = async (name: string) => {
      names.push(name)
      return []
    }
    const scene = alicesScene({ client: { resolveTxt } })
    const handle = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(49)}.com`
    expect(handle).toHaveLength(245)
    const long = scene.network.createAccount(handle)
    expect(await didOf(scene, handle)).toBe(long.did)
    expect(names).toEqual([])
  })

  test('[A6] still asks DNS about one of 244', async () => {
    const scene = alicesScene()
    const handle = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(48)}.com`
    expect(handle).toHaveLength(244)
    const long = scene.network.createAccount(handle, { dns: true })
    expect(await didOf(scene, handle)).toBe(long.did)
  })
})

describe("the handle's own host", () => {
  test('[A5] [A7] finds the DID at the well-known path, and DNS need not know it', async () => {
    const scene = alicesScene()
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
    expect(scene.network.log.to(/^http/)[0]).toMatchObject({ method: 'GET', url: WELL_KNOWN })
  })

  test.each([
    ['another media type', { 'content-type': 'application/octet-stream' }, 200],
    ['no media type', {}, 200],
    ['another 2xx', { 'content-type': 'text/plain' }, 203],
  ])('[A7] takes an answer with %s, and trims it', async (_, headers, status) => {
    const scene = unlistedAlice()
    const body = new TextEncoder().encode(`\r\n  ${scene.alice.did} \n`)
    scene.network.host(`https://${HANDLE}`, () => new Response(body, { status, headers }))
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test.each([
    ['a web page', () => new Response('<html>did:plc:x</html>')],
    ['a 404 with a DID in it', (did: string) => new Response(did, { status: 404 })],
    ['two DIDs', (did: string) => new Response(`${did}\n${did}`)],
    ['a DID of another method', () => new Response('did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK')],
    ['an empty answer', () => new Response('')],
  ])('[A7] %s names no account', async (_, answer) => {
    const scene = unlistedAlice({ client: { resolveTxt: async () => [] } })
    scene.network.host(`https://${HANDLE}`, () => answer(scene.alice.did))
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ code: 'handle_not_found', field: 'handle', found: HANDLE })
    expect(error.message).toContain(`a DID at ${WELL_KNOWN}`)
  })

  test('[A18] reads no more than 4 KiB', async () => {
    const scene = unlistedAlice({ client: { resolveTxt: async () => [] } })
    scene.network.host(`https://${HANDLE}`, () => new Response(' '.repeat(4097 - 32) + scene.alice.did))
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ code: 'handle_unresolved', cause: { code: 'too_large' } })
  })

  test('[A18] reads 4 KiB', async () => {
    const scene = unlistedAlice()
    scene.network.host(`https://${HANDLE}`, () => new Response(' '.repeat(4096 - 32) + scene.alice.did))
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A7] follows five redirects, to another host too', async () => {
    const scene = unlistedAlice()
    let hops = 0
    const hop = () => {
      hops += 1
      if (hops === 6) return new Response(scene.alice.did)
      return Response.redirect(`https://hop${hops % 2}.example.com/${hops}`, 302)
    }
    for (const host of [HANDLE, 'hop0.example.com', 'hop1.example.com']) scene.network.host(`https://${host}`, hop)
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A7] follows a redirect that is relative', async () => {
    const scene = unlistedAlice()
    scene.network.host(`https://${HANDLE}`, ({ url }) =>
      url === WELL_KNOWN
        ? new Response(null, { status: 307, headers: { location: '/did.txt' } })
        : new Response(scene.alice.did),
    )
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
    expect(scene.network.log.to(`https://${HANDLE}/did.txt`)).toHaveLength(1)
  })

  test('[A7] gives up on the sixth redirect', async () => {
    const scene = unlistedAlice({ client: { resolveTxt: async () => [] } })
    scene.network.host(`https://${HANDLE}`, () => Response.redirect(WELL_KNOWN, 302))
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ code: 'handle_unresolved', cause: { code: 'too_many_redirects' } })
    expect(scene.network.log).toHaveLength(6)
  })

  test.each([
    ['http', 'http://alice.example.com/did', 'insecure_url'],
    ['this machine', 'https://127.0.0.1/did', 'address_forbidden'],
    ['a private network', 'https://10.1.2.3/did', 'address_forbidden'],
    ['the metadata of a cloud', 'https://169.254.169.254/latest', 'address_forbidden'],
    ['a private name', 'https://router.local/did', 'address_forbidden'],
    ['an IPv6 address of this machine', 'https://[::1]/did', 'address_forbidden'],
  ])('[A7] [M1] follows no redirect to %s', async (_, location, code) => {
    const scene = unlistedAlice({ client: { resolveTxt: async () => [] } })
    scene.network.host(`https://${HANDLE}`, () => Response.redirect(location, 302))
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({ code: 'handle_unresolved', cause: { code } })
    expect(scene.network.log).toHaveLength(1)
  })
})

describe('both at once', () => {
  test('[A8] DNS wins where they disagree', async () => {
    const scene = alicesScene()
    const mallory = scene.network.createAccount('mallory.example.com')
    scene.network.wellKnownDids.set(HANDLE, mallory.did)
    setTxt(scene, [`did=${scene.alice.did}`])
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A8] [A9] and so it is the DID of DNS that must claim the handle', async () => {
    const scene = alicesScene()
    const mallory = scene.network.createAccount('mallory.example.com')
    setTxt(scene, [`did=${mallory.did}`])
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({
      code: 'handle_mismatch',
      field: 'alsoKnownAs',
      expected: HANDLE,
      found: 'mallory.example.com',
    })
  })

  test('[A8] are asked side by side: neither waits for the other', async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const resolveTxt = async () => {
      ask()
      return []
    }
    const scene = unlistedAlice({ client: { resolveTxt } })
    scene.network.host(`https://${HANDLE}`, async () => {
      await asked
      return new Response(scene.alice.did)
    })
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A8] an answer of DNS is not kept waiting by a host that hangs', async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = alicesScene({ network: { clock } })
    setTxt(scene, [`did=${scene.alice.did}`])
    scene.network.host(`https://${HANDLE}`, NEVER)
    expect(await timed(clock, scene.oauth.authorize(HANDLE))).toBe(0)
    expect(scene.network.log.to(/^http/)[0]).toMatchObject({ url: WELL_KNOWN, outcome: 'aborted' })
  })

  test('[A8] [A18] a DNS that hangs delays the answer of the host by three seconds', async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = alicesScene({ network: { clock }, client: { resolveTxt: NEVER } })
    expect(await timed(clock, didOf(scene, HANDLE))).toBe(3000)
  })

  test('[A18] a host that hangs is given five seconds', async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = unlistedAlice({ network: { clock }, client: { resolveTxt: async () => [] } })
    scene.network.host(`https://${HANDLE}`, NEVER)
    const attempt = refusedAuthorize(scene, HANDLE)
    expect(await timed(clock, attempt)).toBe(5000)
    expect(await attempt).toMatchObject({
      code: 'handle_unresolved',
      retryable: true,
      cause: { code: 'timeout', expected: 'an answer in 5000 ms' },
    })
  })

  test('[A18] a host that trickles its answer is given five seconds in all', async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = alicesScene({ network: { clock }, client: { resolveTxt: async () => [] } })
    scene.network.fault({ path: WELL_KNOWN, hang: 'body' })
    const attempt = refusedAuthorize(scene, HANDLE)
    expect(await timed(clock, attempt)).toBe(5000)
    expect(await attempt).toMatchObject({ code: 'handle_unresolved', cause: { code: 'timeout' } })
  })

  test('[A18] two that hang cost five seconds, not eight, and leave no timer behind', async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = alicesScene({ network: { clock }, client: { resolveTxt: NEVER } })
    scene.network.host(`https://${HANDLE}`, NEVER)
    expect(await timed(clock, refusedAuthorize(scene, HANDLE))).toBe(5000)
    expect(clock.sleeping).toBe(0)
  })

  test('[A18] DNS is told to stop when its time is over', async () => {
    const clock = testClock({ autoAdvance: true })
    const signals: AbortSignal[] = []
    const resolveTxt = (_: string, { signal }: { readonly signal: AbortSignal }) => {
      signals.push(signal)
      return NEVER()
    }
    const scene = alicesScene({ network: { clock }, client: { resolveTxt } })
    await scene.oauth.authorize(HANDLE)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  })
})

describe('a handle that nobody answers for', () => {
  test('[A5] is not found, and it is no use to try again', async () => {
    const scene = unlistedAlice({ client: { resolveTxt: async () => [] } })
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toBeInstanceOf(IdentityError)
    expect(error).toMatchObject({ code: 'handle_not_found', field: 'handle', found: HANDLE, retryable: false })
    expect(error.message).toBe(
      `nobody answers for this handle (handle, expected a TXT record at _atproto.${HANDLE} or a DID at ${WELL_KNOWN}, found "${HANDLE}"): DNS: no TXT record; host: no such host`,
    )
  })

  test('[A5] is not found either where resolveTxt is that of node:dns, which throws for no record', async () => {
    const scene = unlistedAlice()
    await expect(scene.network.resolveTxt(`_atproto.${HANDLE}`)).rejects.toMatchObject({ code: 'ENOTFOUND' })
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({ code: 'handle_not_found', retryable: false })
  })

  test.each([
    ['DNS fails', async () => Promise.reject(Object.assign(new Error('x'), { code: 'ESERVFAIL' })), undefined],
    ['the host cannot be reached', async () => [], 'refuse'],
    ['the host answers 500', async () => [], '500'],
  ] as const)('[A5] may be found later, where %s', async (_, resolveTxt, trouble) => {
    const scene = unlistedAlice({ client: { resolveTxt } })
    if (trouble === 'refuse') scene.network.fault({ path: WELL_KNOWN, refuse: true })
    if (trouble === '500') scene.network.host(`https://${HANDLE}`, () => new Response('', { status: 500 }))
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ code: 'handle_unresolved', found: HANDLE, retryable: true })
    expect(error.cause).toBeInstanceOf(Error)
  })
})

describe('both ways', () => {
  test.each<[string, unknown, string | null]>([
    ['claims another handle', ['at://bob.example.com'], 'bob.example.com'],
    ['claims none', [], null],
    ['has no list of names', undefined, null],
    ['has a text for a list', `at://${HANDLE}`, null],
    ['claims it only second', ['at://gone.example.com', `at://${HANDLE}`], 'gone.example.com'],
    ['claims it without at://', [HANDLE, `https://${HANDLE}`, `http:${HANDLE}`], null],
    ['claims it with a path', [`at://${HANDLE}/path`], null],
  ])('[A9] refuses a handle whose DID document %s', async (_, alsoKnownAs, found) => {
    const scene = alicesScene()
    scene.network.didDocuments.set(scene.alice.did, { ...documentOf(scene), alsoKnownAs })
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toBeInstanceOf(IdentityError)
    expect(error).toMatchObject({ code: 'handle_mismatch', field: 'alsoKnownAs', expected: HANDLE, found })
    expect(error.message).toBe(
      `the account's DID document does not claim this handle at https://plc.directory/${scene.alice.did} (alsoKnownAs, expected ${HANDLE}, found ${JSON.stringify(found)})`,
    )
  })

  test.each<[string, unknown]>([
    ['in any case', ['at://Alice.EXAMPLE.com']],
    ['as the first well-formed of several', [1, 'https://x.y', 'at://no_handle', `at://${HANDLE}`, 'at://b.com']],
  ])('[A9] takes a handle that its DID document claims %s', async (_, alsoKnownAs) => {
    const scene = alicesScene()
    scene.network.didDocuments.set(scene.alice.did, { ...documentOf(scene), alsoKnownAs })
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test("[A9] for a DID, shows the document's handle only where it points back", async () => {
    const scene = alicesScene()
    const names = async () => {
      const { url, context } = await scene.oauth.authorize(scene.alice.did)
      const { client } = await scene.oauth.callback(scene.network.approve(url), { context })
      return client.session.handle
    }
    expect(await names()).toBe(HANDLE)
    const bob = scene.network.createAccount('bob.example.com')
    scene.network.wellKnownDids.set(HANDLE, bob.did)
    // What was proved is believed for ten minutes.
    await scene.clock.advance(10 * 60_000)
    expect(await names()).toBeUndefined()
  })

  test('[A9] for a DID, never falls back to a later handle, though the first does not resolve', async () => {
    const scene = alicesScene()
    const alsoKnownAs = ['at://gone.example.com', `at://${HANDLE}`]
    scene.network.didDocuments.set(scene.alice.did, { ...documentOf(scene), alsoKnownAs })
    const { url, context } = await scene.oauth.authorize(scene.alice.did)
    const { client } = await scene.oauth.callback(scene.network.approve(url), { context })
    expect(client.session.handle).toBeUndefined()
    expect(scene.network.log.to(WELL_KNOWN)).toEqual([])
  })
})

describe('a service that resolves handles', () => {
  const RESOLVER = 'https://resolver.example.com'
  const withResolver = () =>
    unlistedAlice({ client: { handleResolver: RESOLVER, resolveTxt: () => Promise.reject(new Error('asked')) } })

  test('[A5] [A10] is asked instead of DNS and the host', async () => {
    const scene = withResolver()
    scene.network.host(RESOLVER, () => Response.json({ did: scene.alice.did }))
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
    expect(scene.network.log.to(/^http/)[0]?.url).toBe(
      `${RESOLVER}/xrpc/com.atproto.identity.resolveHandle?handle=${HANDLE}`,
    )
    expect(scene.network.log.to(WELL_KNOWN)).toEqual([])
  })

  test('[A10] is not believed: the DID document must claim the handle all the same', async () => {
    const scene = withResolver()
    const mallory = scene.network.createAccount('mallory.example.com')
    scene.network.host(RESOLVER, () => Response.json({ did: mallory.did }))
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({
      code: 'handle_mismatch',
      expected: HANDLE,
      found: 'mallory.example.com',
    })
  })

  test.each([
    [
      'knows no such handle',
      () => Response.json({ error: 'HandleNotFound' }, { status: 400 }),
      'handle_not_found',
    ],
    ['fails', () => Response.json({ error: 'InternalServerError' }, { status: 500 }), 'handle_unresolved'],
    ['answers a web page', () => new Response('<html>'), 'handle_unresolved'],
    ['answers a DID of no use', () => Response.json({ did: 'did:key:x' }), 'handle_unresolved'],
  ])('[A10] that %s', async (_, answer, code) => {
    const scene = withResolver()
    scene.network.host(RESOLVER, answer)
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ name: 'IdentityError', code, found: HANDLE, expected: `a DID from ${RESOLVER}` })
  })

  test('[A10] that redirects is not followed', async () => {
    const scene = withResolver()
    scene.network.host(RESOLVER, () => Response.redirect('https://elsewhere.example.com/', 302))
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({ name: 'NetworkError', code: 'redirected' })
  })
})

describe('DNS over HTTPS', () => {
  const RESOLVER = 'https://dns.example.com'
  type Answer = (did: string) => unknown

  /** Alice's app has no DNS of its own. */
  function overHttps(answer: Answer, status = 200): Scene {
    const clock = testClock()
    const scene = unlistedAlice({
      network: { clock },
      storage: memoryStorage({ clock }),
      client: { resolveTxt: `${RESOLVER}/resolve?ct=json` },
    })
    scene.network.host(RESOLVER, () => Response.json(answer(scene.alice.did), { status }))
    return scene
  }

  test('[A5] asks for the TXT records, and keeps what else the URL says', async () => {
    const scene = overHttps((did) => ({ Status: 0, Answer: [{ type: 16, data: `"did=${did}"` }] }))
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
    const [request] = scene.network.log.to(`${RESOLVER}/resolve`)
    expect(Object.fromEntries(new URL(request?.url ?? '').searchParams)).toEqual({
      ct: 'json',
      name: `_atproto.${HANDLE}`,
      type: 'TXT',
    })
    expect(request?.headers.get('accept')).toBe('application/dns-json')
  })

  test.each<[string, Answer]>([
    ['[A6] joins chunks', (did) => [{ type: 16, data: `"did=" "${did.slice(0, 9)}" "${did.slice(9)}"` }]],
    ['[A5] takes a text without quotes', (did) => [{ type: 16, data: `did=${did}` }]],
    ['[A5] unescapes', (did) => [{ type: 16, data: `"did\\=${did}"` }]],
    [
      '[A5] passes over other records and nonsense',
      (did) => [null, { type: 5, data: 'alias.' }, { type: 16 }, { type: 16, data: `"did=${did}"` }],
    ],
  ])('%s', async (_, records) => {
    const scene = overHttps((did) => ({ Status: 0, Answer: records(did) }))
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test.each<[string, unknown]>([
    ['no such name', { Status: 3 }],
    ['a name without TXT records', { Status: 0 }],
    [
      'records of another type',
      { Status: 0, Answer: [{ type: 5, data: '"did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"' }] },
    ],
  ])('[A5] %s is an answer, and the handle is not found', async (_, answer) => {
    expect(
      await refusedAuthorize(
        overHttps(() => answer),
        HANDLE,
      ),
    ).toMatchObject({ code: 'handle_not_found' })
  })

  test.each<[string, unknown, number]>([
    ['a server failure', { Status: 2 }, 200],
    ['an HTTP error', { Status: 0 }, 502],
    ['no JSON object', 'text', 200],
  ])('[A5] %s is no answer, and the handle may be found later', async (_, answer, status) => {
    expect(
      await refusedAuthorize(
        overHttps(() => answer, status),
        HANDLE,
      ),
    ).toMatchObject({
      code: 'handle_unresolved',
      retryable: true,
    })
  })
})
