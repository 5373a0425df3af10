import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ContractScene, openScene, outcomeOf } from './scene.ts'
import { WORLDS } from './worlds.ts'

describe.each(WORLDS)('a refresh, on %s,', (_, open) => {
  let scene: ContractScene
  beforeAll(async () => {
    scene = await openScene(open)
  })
  afterAll(() => scene.world.close())

  test('gives new tokens, and the old access token is dead at once', async () => {
    const { client, tokens } = await scene.signedIn()
    const { status, json } = await client.refresh(tokens)
    expect([status, Object.keys(json)]).toEqual([200, Object.keys(tokens)])
    expect(json).toMatchObject({ sub: tokens.sub, scope: tokens.scope, token_type: 'DPoP' })
    expect(json.refresh_token).not.toBe(tokens.refresh_token)
    const old = await client.getSession(tokens)
    expect(outcomeOf(old)).toBe('401 invalid_token')
    expect(old.headers.get('www-authenticate')).toMatch(
      /^DPoP algs=".*", error="invalid_token", error_description="/,
    )
    expect(outcomeOf(await client.getSession(json))).toBe('200')
  })

  test('works once for a token, and a replay ends the session', async () => {
    const { client, tokens } = await scene.signedIn()
    const { json } = await client.refresh(tokens)
    expect(outcomeOf(await client.refresh(tokens))).toBe('400 invalid_grant')
    expect(outcomeOf(await client.getSession(json))).toBe('401 invalid_token')
    expect(outcomeOf(await client.refresh(json))).toBe('400 invalid_grant')
  })

  test('with the same bytes a second time is refused, and harms nothing', async () => {
    const { client, tokens } = await scene.signedIn()
    const url = `${scene.world.issuer}/oauth/token`
    const body = await client.form({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
    const proof = await client.prove('POST', url)
    const { json } = await client.send<typeof tokens>(url, { body, proof })
    expect(outcomeOf(await client.send(url, { body, proof }))).toBe('401 invalid_dpop_proof')
    expect(outcomeOf(await client.getSession(json))).toBe('200')
    expect(outcomeOf(await client.refresh(json))).toBe('200')
  })

  test('with a stale nonce is refused before the token is looked at, and told a fresh one', async () => {
    const { client, tokens } = await scene.signedIn()
    await scene.world.invalidateNonces()
    const stale = client.nonces.get(scene.world.issuer)
    const refused = await client.refresh(tokens, { retriesNonce: false })
    expect(outcomeOf(refused)).toBe('400 use_dpop_nonce')
    expect(refused.headers.get('dpop-nonce')).not.toBe(stale)
    expect(outcomeOf(await client.refresh(tokens, { retriesNonce: false }))).toBe('200')
  })

  test('of two at a time at most one succeeds', async () => {
    const { client, tokens } = await scene.signedIn()
    const answers = await Promise.all([client.refresh(tokens), client.refresh(tokens)])
    // The other one is a replay or, where both came to the same point at once, an error of the real server.
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('gives the scope of the session, whatever it asks for', async () => {
    const { client, tokens } = await scene.signedIn()
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, scope: 'atproto' }
    expect((await client.token(fields)).json.scope).toBe('atproto transition:generic')
  })

  test('follows an access token that has expired, which is refused', async () => {
    await scene.world.setAccessTokenLifetime(500)
    const { client, tokens } = await scene.signedIn()
    await scene.world.setAccessTokenLifetime(3_600_000)
    await scene.world.pass(1100)
    expect(outcomeOf(await client.getSession(tokens))).toBe('401 invalid_token')
    const { json } = await client.refresh(tokens)
    expect(outcomeOf(await client.getSession(json))).toBe('200')
  })

  test('of one session leaves another of the same person alone', async () => {
    const [mine, other] = [await scene.signedIn(), await scene.signedIn()]
    await mine.client.refresh(mine.tokens)
    await mine.client.refresh(mine.tokens)
    expect(outcomeOf(await other.client.getSession(other.tokens))).toBe('200')
  })

  describe('of a confidential client', () => {
    test('works with the key of its session', async () => {
      const { client, tokens } = await signedInWithKey(scene)
      expect(outcomeOf(await client.refresh(tokens))).toBe('200')
    })

    test('ends the session with another key of the same client', async () => {
      const { client, keys, tokens } = await signedInWithKey(scene)
      client.clientKey = keys[1]
      expect(outcomeOf(await client.refresh(tokens))).toBe('400 invalid_grant')
      client.clientKey = keys[0]
      expect(outcomeOf(await client.refresh(tokens))).toBe('400 invalid_grant')
      expect(outcomeOf(await client.getSession(tokens))).toBe('401 invalid_token')
    })

    test('harms nothing with an assertion that is not right', async () => {
      const { client, keys, tokens } = await signedInWithKey(scene)
      const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
      const used = await client.assert(keys[0])
      await client.par({ client_assertion: used })
      expect(outcomeOf(await client.token({ ...fields, client_assertion: used }))).toBe('400 invalid_grant')
      const aud = await client.assert(keys[0], { aud: `${scene.world.issuer}/oauth/token` })
      expect(outcomeOf(await client.token({ ...fields, client_assertion: aud }))).toBe('400 invalid_client')
      expect(outcomeOf(await client.refresh(tokens))).toBe('200')
    })
  })
})

/** A confidential client that the person has signed in to. */
async function signedInWithKey(scene: ContractScene) {
  const confidential = await scene.newConfidentialClient()
  return { ...confidential, tokens: await confidential.client.signIn(scene.person) }
}
