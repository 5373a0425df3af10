import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey } from './plain-client.ts'
import { type ContractScene, headersOf, openScene, outcomeOf } from './scene.ts'
import { WORLDS } from './worlds.ts'

describe.each(WORLDS)('a code, on %s,', (_, open) => {
  let scene: ContractScene
  beforeAll(async () => {
    scene = await openScene(open)
  })
  afterAll(() => scene.world.close())

  async function consented(fields: Record<string, string> = {}) {
    const client = await scene.newClient()
    return { client, callback: await scene.person.approve(await client.authorizationUrl(fields)) }
  }

  test('becomes tokens', async () => {
    const { client, callback } = await consented()
    const answer = await client.exchange(callback)
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'DPoP',
      refresh_token: expect.stringMatching(/^ref-[0-9a-f]{64}$/),
      scope: 'atproto transition:generic',
      expires_in: expect.toSatisfy((seconds) => seconds === 3599 || seconds === 3600),
      sub: scene.person.did,
    })
    expect(headersOf(answer)).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' })
    expect((await client.getSession(answer.json)).json).toMatchObject({ did: scene.person.did })
  })

  test('becomes an access token that says whose it is, and no scope', async () => {
    const { client, tokens } = await scene.signedIn()
    expect(decodeProtectedHeader(tokens.access_token)).toEqual({ typ: 'at+jwt', alg: 'HS256' })
    expect(decodeJwt(tokens.access_token)).toEqual({
      jti: expect.stringMatching(/^tok-[0-9a-f]{32}$/),
      sub: scene.person.did,
      iat: expect.any(Number),
      exp: expect.any(Number),
      aud: `did:web:${new URL(scene.world.pds).hostname}`,
      cnf: { jkt: await client.thumbprint() },
      client_id: client.clientId,
      iss: scene.world.issuer,
    })
  })

  test.each(['its client', 'a thief'])('ends the session that came of it where %s sends it again', async (who) => {
    const { client, callback } = await consented()
    const { json } = await client.exchange(callback)
    const options = who === 'a thief' ? { key: await generateKey() } : {}
    expect(outcomeOf(await client.exchange(callback, {}, options))).toBe('400 invalid_grant')
    expect(outcomeOf(await client.getSession(json))).toBe('401 invalid_token')
    expect(outcomeOf(await client.refresh(json))).toBe('400 invalid_grant')
  })

  test('ends the session that came of it after a refresh, too', async () => {
    const { client, callback } = await consented()
    const { json } = await client.refresh((await client.exchange(callback)).json)
    await client.exchange(callback)
    expect(outcomeOf(await client.refresh(json))).toBe('400 invalid_grant')
  })

  test('is exchanged at most once by two requests at a time', async () => {
    const { client, callback } = await consented()
    const answers = await Promise.all([client.exchange(callback), client.exchange(callback)])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('of a request without a proof is bound to the key that comes with it', async () => {
    const client = await scene.newClient()
    const { json } = await client.par({}, { proof: null })
    const query = new URLSearchParams({ client_id: client.clientId, request_uri: String(json.request_uri) })
    const callback = await scene.person.approve(`${scene.world.issuer}/oauth/authorize?${query}`)
    const tokens = (await client.exchange(callback)).json
    expect(outcomeOf(await client.getSession(tokens))).toBe('200')
    const thief = await client.refresh(tokens, { key: await generateKey() })
    expect(outcomeOf(thief)).toBe('400 invalid_grant')
  })

  test('is refused whose code_challenge was used before', async () => {
    const { client, callback } = await consented({ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' })
    const fields = { code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' }
    expect(outcomeOf(await client.exchange(callback, fields))).toBe('200')
    const again = await consented({ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' })
    const answer = await again.client.exchange(again.callback, fields)
    expect(answer.json).toMatchObject({ error: 'invalid_grant', error_description: 'Code challenge already used' })
  })

  test('of a client without the refresh grant gives no refresh token', async () => {
    const { client } = await scene.newConfidentialClient({ grant_types: ['authorization_code'] })
    expect(Object.keys(await client.signIn(scene.person))).not.toContain('refresh_token')
    const answer = await client.refresh({ refresh_token: `ref-${'0'.repeat(64)}` })
    expect(outcomeOf(answer)).toBe('400 invalid_grant')
  })

  test('is lost to a confidential client that proves itself with another key', async () => {
    const { client, keys } = await scene.newConfidentialClient()
    const callback = await scene.person.approve(await client.authorizationUrl())
    client.clientKey = keys[1]
    expect(outcomeOf(await client.exchange(callback))).toBe('400 invalid_grant')
    client.clientKey = keys[0]
    expect(outcomeOf(await client.exchange(callback))).toBe('400 invalid_grant')
  })

  test('survives a client assertion that is not right', async () => {
    const { client, keys } = await scene.newConfidentialClient()
    const callback = await scene.person.approve(await client.authorizationUrl())
    const aud = `${scene.world.issuer}/oauth/token`
    const refused = await client.exchange(callback, { client_assertion: await client.assert(keys[0], { aud }) })
    expect(outcomeOf(refused)).toBe('400 invalid_client')
    expect(outcomeOf(await client.exchange(callback))).toBe('200')
  })
})
