import { IdentityError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { alicesScene, refusedAuthorize, type Scene } from '../scene.ts'
import { didOf, HANDLE, setTxt, unlistedAlice, WELL_KNOWN } from './scene.ts'

const NEVER = () => new Promise<never>(() => {})

/** How long an attempt takes by a clock that never makes anybody wait. */
async function timed(clock: Scene['clock'], attempt: Promise<unknown>): Promise<number> {
  const begin = clock.monotonic()
  await attempt
  return clock.monotonic() - begin
}

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
