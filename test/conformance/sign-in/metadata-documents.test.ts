import { DiscoveryError, NetworkError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { alicesScene, keysIn, refusedAuthorize, type Scene, type SceneOptions } from '../scene.ts'
import { PDS, RESOURCE, SERVER } from './scene.ts'

/** Both metadata documents pass through the same rules. */
const DOCUMENTS = [
  [RESOURCE, 'resource_metadata_invalid'],
  [SERVER, 'server_metadata_invalid'],
] as const

describe.each(DOCUMENTS)('metadata at %s', (url, invalid) => {
  const answering = (answer: () => Response | Promise<Response>, options?: SceneOptions): Scene => {
    const scene = alicesScene(options)
    scene.network.fault({ path: url, respond: answer, times: Infinity })
    return scene
  }

  test(`[B1] [B5] is asked for once, without a token or a proof`, async () => {
    const { network, oauth } = alicesScene()
    await oauth.authorize('alice.example.com')
    const requests = network.log.to(url)
    expect(requests.map(({ method }) => method)).toEqual(['GET'])
    expect(requests[0]?.headers.get('authorization')).toBeNull()
    expect(requests[0]?.dpop).toBeUndefined()
  })

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=utf-8'])(
    `[B1] [B5] may have the media type %s`,
    async (type) => {
      const scene = alicesScene()
      scene.network.fault({
        path: url,
        alter: async (response) => new Response(await response.text(), { headers: { 'content-type': type } }),
      })
      await scene.oauth.authorize('alice.example.com')
      expect(await keysIn(scene.storage, 'signin/')).toHaveLength(1)
    },
  )

  test.each(['text/html', 'text/plain', 'application/jsonp', 'application/ld+json', undefined])(
    `[B1] [B5] of the media type %s is refused`,
    async (type) => {
      const scene = alicesScene()
      scene.network.fault({
        path: url,
        alter: async (response) => {
          const bytes = new TextEncoder().encode(await response.text())
          return new Response(bytes, type === undefined ? {} : { headers: { 'content-type': type } })
        },
      })
      const error = await refusedAuthorize(scene, 'alice.example.com')
      expect(error).toBeInstanceOf(DiscoveryError)
      expect(error).toMatchObject({
        code: invalid,
        url,
        field: 'content-type',
        expected: 'application/json',
        found: type ?? null,
        retryable: false,
      })
    },
  )

  test.each([
    ['201', 201, 'metadata_unavailable', false],
    ['204', 204, 'metadata_unavailable', false],
    ['400', 400, 'metadata_unavailable', false],
    ['404', 404, 'metadata_unavailable', false],
    ['429', 429, 'server_failing', true],
    ['500', 500, 'server_failing', true],
    ['503', 503, 'server_failing', true],
  ])(`[B1] [B5] answered with %s is refused`, async (_, status, code, retryable) => {
    const scene = answering(() =>
      status === 204 ? new Response(null, { status }) : Response.json({ issuer: PDS }, { status }),
    )
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(DiscoveryError)
    expect(error).toMatchObject({ code, url, field: 'status', expected: '200', found: status, retryable })
    expect(error.message).toContain(`at ${url} (status, expected 200, found ${status})`)
  })

  test.each([
    ['no JSON', '<html>'],
    ['a list', '[]'],
    ['null', 'null'],
    ['nothing', ''],
  ])(`[B1] [B5] that is %s is refused`, async (_, text) => {
    const scene = answering(() => new Response(text, { headers: { 'content-type': 'application/json' } }))
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      code: invalid,
      url,
      field: 'body',
      expected: 'a JSON object',
    })
  })

  test.each([301, 302, 307, 308])(`[B1] [B5] that redirects with %d is not followed`, async (status) => {
    const scene = answering(() => Response.redirect('https://evil.example.com/', status))
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'redirected', url, found: status })
    expect(scene.network.log.to(/evil/)).toEqual([])
  })

  test(`[B1] [B5] that is huge is not read to its end`, async () => {
    let chunks = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks += 1
        controller.enqueue(new Uint8Array(64 * 1024).fill(32))
      },
    })
    const scene = answering(() => new Response(body, { headers: { 'content-type': 'application/json' } }))
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toMatchObject({ name: 'NetworkError', code: 'too_large', expected: 'at most 262144 bytes' })
    expect(chunks).toBeLessThan(10)
  })

  test(`[B1] [B5] of a server that is down may be there later`, async () => {
    const scene = alicesScene()
    scene.network.fault({ path: url, refuse: true })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      name: 'NetworkError',
      code: 'unreachable',
      url,
      retryable: true,
    })
  })

  test(`[B1] [B5] whose connection breaks may be there later`, async () => {
    const scene = alicesScene()
    scene.network.fault({ path: url, lose: 'answer' })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      name: 'NetworkError',
      code: 'connection_failed',
      url,
      retryable: true,
    })
  })

  test(`[B1] [B5] that breaks off may be there later`, async () => {
    const scene = alicesScene()
    scene.network.fault({ path: url, body: 'cut-off' })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      name: 'NetworkError',
      code: 'answer_cut_off',
      retryable: true,
    })
  })

  test.each(['request', 'answer', 'body'] as const)(
    `[B1] [B5] [A18] of a server whose %s hangs is waited for ten seconds`,
    async (hang) => {
      const clock = testClock({ autoAdvance: true })
      const scene = alicesScene({ network: { clock } })
      scene.network.fault({ path: url, hang })
      const begin = clock.monotonic()
      const error = await refusedAuthorize(scene, 'alice.example.com')
      expect(clock.monotonic() - begin).toBe(10_000)
      expect(error).toMatchObject({
        name: 'NetworkError',
        code: 'timeout',
        url,
        expected: 'an answer in 10000 ms',
      })
      expect(clock.sleeping).toBe(0)
    },
  )

  test(`[B1] [B5] [A18] of a server that is slow still counts`, async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = alicesScene({ network: { clock } })
    scene.network.fault({ path: url, delay: 'answer', ms: 9_999 })
    await scene.oauth.authorize('alice.example.com')
    expect(await keysIn(scene.storage, 'signin/')).toHaveLength(1)
  })
})
