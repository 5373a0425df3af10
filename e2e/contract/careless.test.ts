import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ASSERTION_MISTAKES } from './mistakes/assertions.ts'
import { CODE_MISTAKES } from './mistakes/codes.ts'
import { DOCUMENT_MISTAKES } from './mistakes/documents.ts'
import { CALL_MISTAKES, PROOF_MISTAKES } from './mistakes/proofs.ts'
import { CONFIDENTIAL_REFRESH_MISTAKES, REFRESH_MISTAKES } from './mistakes/refreshes.ts'
import { REQUEST_MISTAKES } from './mistakes/requests.ts'
import { REVOCATION_MISTAKES } from './mistakes/revocations.ts'
import {
  type ConfidentialClient,
  type ContractScene,
  fateOf,
  openScene,
  outcomeOf,
  type SignedIn,
} from './scene.ts'
import { WORLDS } from './worlds.ts'

describe.each(WORLDS)('a careless client on %s is refused', (_, open) => {
  let scene: ContractScene
  let signedIn: SignedIn
  let confidential: ConfidentialClient
  beforeAll(async () => {
    scene = await openScene(open)
    signedIn = await scene.signedIn()
    confidential = await scene.newConfidentialClient()
  })
  afterAll(() => scene.world.close())

  describe('for a pushed request with', () => {
    test.each(REQUEST_MISTAKES)('%s: %s', async (_title, outcome, make) => {
      expect(outcomeOf(await make(await scene.newClient()))).toBe(outcome)
    })
  })

  describe('for a client metadata document with', () => {
    test.each(DOCUMENT_MISTAKES)('%s: %s', async (_title, outcome, make) => {
      expect(outcomeOf(await make(scene))).toBe(outcome)
    })
  })

  describe('for a client assertion with', () => {
    test.each(ASSERTION_MISTAKES)('%s: %s', async (_title, outcome, make) => {
      expect(outcomeOf(await make(confidential))).toBe(outcome)
    })
  })

  describe('for a refresh that is proved with', () => {
    test.each(PROOF_MISTAKES)('%s: %s', async (_title, outcome, make) => {
      expect(outcomeOf(await make(signedIn))).toBe(outcome)
    })
  })

  describe('for a call that is proved with', () => {
    test.each(CALL_MISTAKES)('%s: %s', async (_title, outcome, make) => {
      expect(outcomeOf(await make(signedIn))).toBe(outcome)
    })
  })

  test('and no mistake in a proof harms a session', async () => {
    expect(await fateOf(signedIn)).toBe('lives')
  })

  describe('for the exchange of a code with', () => {
    test.each(CODE_MISTAKES)('%s: %s, and the code %s', async (_title, outcome, fate, make) => {
      const client = await scene.newClient()
      const callback = await scene.person.approve(await client.authorizationUrl())
      expect(outcomeOf(await make({ client, callback }))).toBe(outcome)
      expect(outcomeOf(await client.exchange(callback))).toBe(fate === 'lives' ? '200' : '400 invalid_grant')
    })
  })

  describe('for a refresh with', () => {
    test.each(REFRESH_MISTAKES)('%s: %s, and the session %s', async (_title, outcome, fate, make) => {
      const subject = await scene.signedIn()
      expect(outcomeOf(await make(subject))).toBe(outcome)
      expect(await fateOf(subject)).toBe(fate)
    })
  })

  describe('for a refresh of a confidential client with', () => {
    test.each(CONFIDENTIAL_REFRESH_MISTAKES)('%s: %s, and the session %s', async (_title, outcome, fate, make) => {
      const { client } = await scene.newConfidentialClient()
      const subject = { client, tokens: await client.signIn(scene.person) }
      expect(outcomeOf(await make(subject))).toBe(outcome)
      expect(await fateOf(subject)).toBe(fate)
    })
  })

  describe('for a revocation with', () => {
    test.each(REVOCATION_MISTAKES)('%s: %s, and the session %s', async (_title, outcome, fate, make) => {
      const subject = await scene.signedIn()
      expect(outcomeOf(await make(subject))).toBe(outcome)
      expect(await fateOf(subject)).toBe(fate)
    })
  })
})
