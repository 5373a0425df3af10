import type { OAuthClient, Storage, XrpcClient } from 'atproof'
import { expect } from 'vitest'
import {
  isTombstone,
  parseStored,
  sessionKey,
  type SessionRecord,
  type Tombstone,
} from '../../src/session/record.ts'
import { GET_SESSION, HOUR, MINUTE, type SignedInScene } from '../conformance/refresh/scene.ts'
import { keysIn } from '../conformance/scene.ts'

/** A process that has Alice's session. */
interface Witness {
  readonly oauth: OAuthClient
  readonly client: XrpcClient
}

/**
 * A story of one session is right where it ends so: it is signed out where somebody did that, and only there; each session
 * that there is goes on in every process; no other tokens live, and nothing is owed.
 */
export async function expectRightEnd(
  scene: SignedInScene,
  witnesses: readonly Witness[],
  { mayBeOut, isSignedOut }: { readonly mayBeOut: boolean; readonly isSignedOut: boolean },
): Promise<void> {
  const { storage, clock, sessionId } = scene
  const isOut = isTombstone(await read(storage, sessionKey(sessionId)))
  if (!mayBeOut) expect(isOut).toBe(false)
  if (isSignedOut) expect(isOut).toBe(true)
  // Whoever meets a tombstone pays what it owes: the answer to the sign-out may have been lost.
  for (const { oauth } of witnesses) expect((await oauth.restore(sessionId)) === undefined).toBe(isOut)
  await clock.advance(MINUTE)
  await expectNoOtherTokens(scene)
  for (const { client } of witnesses) {
    const outcome = await client.get(GET_SESSION).then(
      ({ status }) => status,
      (error: { readonly code?: unknown }) => error.code,
    )
    expect(outcome).toBe(isOut ? 'signed_out' : 200)
  }
  // Each token set has come to its end, and so has any attempt that was never sent.
  await clock.advance(HOUR)
  for (const { oauth } of witnesses) {
    for await (const { sessionId: id } of oauth.sessions()) {
      const client = await oauth.restore(id)
      const { client: current } = (await client?.get(GET_SESSION)) ?? {}
      expect(current?.session).toMatchObject({ status: 'active', stored: true })
    }
  }
  await clock.advance(MINUTE)
  await expectNoOtherTokens(scene)
}

/** The tokens that stand in the storage are all that live, and no tombstone owes any. */
async function expectNoOtherTokens({ storage, alice }: SignedInScene): Promise<void> {
  const keys = await keysIn(storage, 'session/')
  const all = await Promise.all(keys.map((key) => read(storage, key)))
  const stored: string[] = []
  for (const each of all) {
    expect(isTombstone(each) ? each.owes : each.status).toBe(isTombstone(each) ? null : 'active')
    if (!isTombstone(each)) stored.push(each.tokens.accessToken)
  }
  const living = alice.sessions.filter(({ deleted }) => !deleted)
  expect(living.map(({ accessToken }) => accessToken).toSorted()).toEqual(stored.toSorted())
}

async function read(storage: Storage, key: string): Promise<SessionRecord | Tombstone> {
  const entry = await storage.get(key)
  if (!entry) throw new Error(`nothing stands under ${key}`)
  return parseStored(key, entry.value)
}
