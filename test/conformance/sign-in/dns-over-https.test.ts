import { memoryStorage } from 'atproof'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { refusedAuthorize, type Scene } from '../scene.ts'
import { didOf, HANDLE, unlistedAlice } from './scene.ts'

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
    [
      'a record that ends within its quotes',
      { Status: 0, Answer: [{ type: 16, data: '"did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa" "' }] },
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
