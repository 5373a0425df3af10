import { resolveIdentity } from 'atproof/discovery'
import { type FakeNetwork, fakeNetwork } from 'atproof/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { failureOf } from '../scene.ts'

const HANDLE = 'alice.example.com'
const NEXT = 'https://next.example.com'

const unhandled = vi.fn<(reason: unknown) => void>()

beforeEach(() => void process.on('unhandledRejection', unhandled))

afterEach(() => {
  process.off('unhandledRejection', unhandled)
  unhandled.mockClear()
})

/** A network where the host of Alice's handle redirects, and DNS answers a tenth of a second later. */
function scene(location: string, { txt }: { readonly txt: boolean }) {
  const network = fakeNetwork()
  const alice = network.createAccount(HANDLE)
  network.host(`https://${HANDLE}`, () => new Response(null, { status: 302, headers: { location } }))
  network.host(NEXT, () => new Response(alice.did))
  if (txt) network.txtRecords.set(`_atproto.${HANDLE}`, [[`did=${alice.did}`]])
  network.fault({ path: `_atproto.${HANDLE}`, delay: 'answer', ms: 100 })
  const { fetch, resolveTxt, clock } = network
  return { network, alice, outside: { fetch, resolveTxt, clock } }
}

/** Lets whatever nobody handles be heard of. */
async function heard(network: FakeNetwork): Promise<void> {
  await network.clock.settle()
  await new Promise((resolve) => setImmediate(resolve))
}

const NOWHERE: readonly (readonly [location: string, why: string])[] = [
  ['data:,x', 'insecure_url at data:'],
  ['data:text/plain,did:plc:secret', 'insecure_url at data:'],
  ['mailto:alice@example.com', 'insecure_url at mailto:'],
  ['javascript:alert(1)', 'insecure_url at javascript:'],
  ['blob:https://alice.example.com/x', 'insecure_url at alice.example.com'],
  ['file:///etc/passwd', 'insecure_url at file:'],
  ['http://next.example.com/?secret=1', 'insecure_url at next.example.com'],
  ['https://user:secret@next.example.com/', 'insecure_url at next.example.com'],
  ['https://', 'handle_unresolved at alice.example.com'],
  ['https://[', 'handle_unresolved at alice.example.com'],
  ['//', 'handle_unresolved at alice.example.com'],
  ['https://10.0.0.1/', 'address_forbidden 10.0.0.1'],
  ['//localhost', 'address_forbidden localhost'],
]

test.each(NOWHERE)('[A7] [M1] a redirect to %s leads nowhere, and says why', async (location, why) => {
  const { network, outside } = scene(location, { txt: false })
  const failing = failureOf(resolveIdentity(HANDLE, outside))
  await network.clock.advance(100)
  const error = await failing
  expect(error).toMatchObject({ name: 'IdentityError', code: 'handle_unresolved' })
  expect(error.message).toContain(`host: ${why}`)
  expect(JSON.stringify(error)).not.toContain('secret')
  await heard(network)
  expect(unhandled).not.toHaveBeenCalled()
})

test.each(NOWHERE)('[A8] and one to %s keeps nobody from what DNS answers', async (location) => {
  const { network, alice, outside } = scene(location, { txt: true })
  const resolving = resolveIdentity(HANDLE, outside)
  await network.clock.advance(100)
  expect(await resolving).toMatchObject({ did: alice.did, handle: HANDLE })
  await heard(network)
  expect(unhandled).not.toHaveBeenCalled()
})

test.each([`${NEXT}/did`, '//next.example.com', `${NEXT}?a=1#b`, ' https://next.example.com\t'])(
  '[A7] a redirect to %s is followed',
  async (location) => {
    const { network, alice, outside } = scene(location, { txt: false })
    const resolving = resolveIdentity(HANDLE, outside)
    await network.clock.advance(100)
    expect(await resolving).toMatchObject({ did: alice.did })
  },
)
