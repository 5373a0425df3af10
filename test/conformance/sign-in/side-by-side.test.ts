import { describe, expect, test } from 'vitest'
import type { OAuthClientOptions } from 'atproof'
import { alicesScene, failureOf, keysIn, type Scene } from '../scene.ts'
import { exchanges, otherProcess } from './processes.ts'

const SIGN_INS = 50
const SEAL_KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')

interface Begun {
  readonly n: number
  readonly did: string
  readonly callback: URL
  readonly context: string
}

/** Fifty people, or one in fifty tabs, all at the consent page at once. */
async function fifty(scene: Scene, handleOf: (n: number) => string): Promise<readonly Begun[]> {
  const { network, oauth } = scene
  const numbers = Array.from({ length: SIGN_INS }, (_, n) => n)
  for (const n of numbers) if (!network.account(handleOf(n))) network.createAccount(handleOf(n))
  return Promise.all(
    numbers.map(async (n) => {
      const account = network.account(handleOf(n))
      if (!account) throw new Error('no such account')
      const { url, context } = await oauth.authorize(account.handle, { state: `tab ${n}` })
      return { n, did: account.did, callback: new URL(account.approve(url)), context }
    }),
  )
}

/** An order that is neither that of the beginnings nor its reverse, and the same in every run. */
function shuffled(list: readonly Begun[]): readonly Begun[] {
  return list.flatMap((_, at) => list[(at * 17 + 5) % list.length] ?? [])
}

const ways: readonly (readonly [string, Partial<OAuthClientOptions>])[] = [
  ['stored', {}],
  ['sealed', { sealKeys: [SEAL_KEY] }],
]

describe.each(ways)('sign-ins that are %s', (_, client) => {
  test.each<[string, (n: number) => string]>([
    ['one account', () => 'alice.example.com'],
    ['fifty accounts', (n) => `person${n}.example.com`],
  ])('[D4] [E1] [E5] run side by side, fifty of %s, and end in any order', async (_whose, handleOf) => {
    const scene = alicesScene({ client })
    const begun = await fifty(scene, handleOf)
    expect(new Set(begun.map(({ context }) => context)).size).toBe(SIGN_INS)
    for (const { n, did, callback, context } of shuffled(begun)) {
      const { client: signedIn, state } = await scene.oauth.callback(callback, { context })
      expect([signedIn.did, state]).toEqual([did, `tab ${n}`])
    }
    expect(await keysIn(scene.storage, 'session/')).toHaveLength(SIGN_INS)
    expect(await keysIn(scene.storage, 'signin/')).toEqual([])
    expect(exchanges(scene)).toHaveLength(SIGN_INS)
    const keys = new Set(begun.flatMap(({ did }) => scene.network.sessionsOf(did)).map((one) => one.thumbprint))
    expect(keys.size).toBe(SIGN_INS)
  })

  test('[E1] end all at once, in two processes', async () => {
    const scene = alicesScene({ client })
    const begun = await fifty(scene, () => 'alice.example.com')
    const other = otherProcess(scene, client)
    const outcomes = await Promise.all(
      begun.map(async ({ n, callback, context }) => {
        const { state } = await (n % 2 === 0 ? scene.oauth : other).callback(callback, { context })
        return state
      }),
    )
    expect(outcomes).toEqual(begun.map(({ n }) => `tab ${n}`))
    expect(scene.alice.sessions.filter(({ deleted }) => !deleted)).toHaveLength(SIGN_INS)
  })

  test('[E5] do not take each other’s contexts', async () => {
    const scene = alicesScene({ client })
    const begun = await fifty(scene, (n) => `person${n}.example.com`)
    for (const [at, { callback }] of begun.entries()) {
      const context = begun[(at + 1) % begun.length]?.context ?? ''
      const error = await failureOf(scene.oauth.callback(callback, { context }))
      expect(error).toMatchObject({ code: 'context_mismatch', state: undefined })
    }
    expect(exchanges(scene)).toEqual([])
    expect(await keysIn(scene.storage, 'spent/')).toEqual([])
    for (const { callback, context } of begun) await scene.oauth.callback(callback, { context })
    expect(await keysIn(scene.storage, 'session/')).toHaveLength(SIGN_INS)
  })
})
