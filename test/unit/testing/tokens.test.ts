import { describe, expect, test } from 'vitest'
import { generateKey, MiniClient } from './mini-client.ts'
import { CLIENT_ID, confidentialAlice, signedInAlice } from './scene.ts'

describe('tokens', () => {
  test('a refresh kills the old access token at once', async () => {
    const { client, tokens } = await signedInAlice()
    await client.refresh(tokens)
    const refused = await client.getSession(tokens)
    expect(refused).toMatchObject({ status: 401, json: { error: 'invalid_token' } })
    expect(refused.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_token", error_description="/)
    expect(refused.headers.get('dpop-nonce')).toBeTruthy()
  })

  test('behind an entryway it lives to its end', async () => {
    const { network, client, tokens } = await signedInAlice({ entryway: true, tokenLifetimeSeconds: 60 })
    await client.refresh(tokens)
    expect((await client.getSession(tokens)).status).toBe(200)
    await network.clock.advance(60_000)
    expect((await client.getSession(tokens)).status).toBe(401)
  })

  test('a used refresh token ends the session', async () => {
    const { alice, client, tokens } = await signedInAlice()
    const { json: newer } = await client.refresh(tokens)
    expect(await client.refresh(tokens)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    expect(alice.session.deleted).toBe(true)
    expect((await client.refresh(newer)).json).toMatchObject({ error: 'invalid_grant' })
    expect((await client.getSession(newer)).status).toBe(401)
  })

  test('a refresh with another DPoP key ends the session', async () => {
    const { alice, client, tokens } = await signedInAlice()
    const answer = await client.refresh(tokens, { key: await generateKey() })
    expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    expect(alice.session.deleted).toBe(true)
  })

  test('a refresh by another client ends the session', async () => {
    const { alice, client, tokens } = await signedInAlice()
    const fields = {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
      client_id: 'http://localhost',
    }
    expect(await client.token(fields)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    expect(alice.session.deleted).toBe(true)
  })

  test('of two refreshes at once one wins, and the session ends', async () => {
    const { alice, client, tokens } = await signedInAlice()
    const answers = await Promise.all([client.refresh(tokens), client.refresh(tokens)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400])
    expect(alice.session.deleted).toBe(true)
  })

  test('an unknown refresh token, or one without its client, ends nothing', async () => {
    const { alice, client, tokens } = await signedInAlice()
    const unknown = await client.refresh({ ...tokens, refresh_token: 'unknown' })
    expect(unknown).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: undefined }
    expect(await client.token(fields)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    expect(alice.session.deleted).toBe(false)
  })

  test('a public session ends after two weeks', async () => {
    const { network, client, tokens } = await signedInAlice()
    await network.clock.advance(13 * 86_400_000)
    const { json } = await client.refresh(tokens)
    await network.clock.advance(86_400_000)
    expect((await client.refresh(json)).json).toMatchObject({ error: 'invalid_grant' })
  })

  test('an access token ends, can be forgotten, and is nothing without its key or as Bearer', async () => {
    const { network, alice, client, tokens } = await signedInAlice()
    const foreign = await client.getSession(tokens, { key: await generateKey() })
    expect(foreign).toMatchObject({ status: 401, json: { error: 'invalid_token' } })
    const bearer = { authorization: `Bearer ${tokens.access_token}` }
    const url = `${network.pds}/xrpc/com.atproto.server.getSession`
    expect((await network.fetch(url, { headers: bearer })).status).toBe(401)
    expect(await (await network.fetch(url)).json()).toMatchObject({ error: 'AuthMissing' })
    alice.expireAccessTokens()
    expect((await client.getSession(tokens)).status).toBe(401)
    const { json } = await client.refresh(tokens)
    expect((await client.getSession(json)).status).toBe(200)
    await network.clock.advance(3_600_000)
    expect((await client.getSession(json)).status).toBe(401)
    expect(alice.session.deleted).toBe(false)
  })

  test('revokeSessions ends a session for both tokens', async () => {
    const { alice, client, tokens } = await signedInAlice()
    alice.revokeSessions()
    expect((await client.getSession(tokens)).status).toBe(401)
    expect((await client.refresh(tokens)).json).toMatchObject({ error: 'invalid_grant' })
  })

  test('revocation takes any refresh token of the chain, with the right key', async () => {
    const { network, alice, client, tokens } = await signedInAlice()
    await client.refresh(tokens)
    const revoke = async (token: string, key = client.key) => {
      const body = await client.form({ token })
      return (await client.send(`${network.issuer}/oauth/revoke`, { body, key })).status
    }
    expect(await revoke('unknown')).toBe(200)
    expect(await revoke(tokens.access_token)).toBe(200)
    expect(await revoke(tokens.refresh_token, await generateKey())).toBe(200)
    expect(alice.session.deleted).toBe(false)
    expect(await revoke(tokens.refresh_token)).toBe(200)
    expect(alice.session.deleted).toBe(true)
  })

  test('a revocation names a token, and a session is asked for where there was one', async () => {
    const { network, client } = await signedInAlice()
    const answer = await client.send(`${network.issuer}/oauth/revoke`, { body: await client.form({}) })
    expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_request' } })
    const bob = network.createAccount('bob.example.com')
    expect(() => bob.session).toThrow(`no session of ${bob.did}`)
  })

  test('two sessions of one account are independent', async () => {
    const { network, alice, client, tokens } = await signedInAlice()
    const other = new MiniClient(network, await generateKey())
    const theirs = await other.signIn(alice)
    await client.refresh(tokens)
    await client.refresh(tokens)
    expect(alice.sessions.map(({ deleted }) => deleted)).toEqual([true, false])
    expect((await other.getSession(theirs)).status).toBe(200)
  })

  test('a client without the refresh grant gets no refresh token', async () => {
    const { network, alice, client } = await confidentialAlice()
    const document = network.documents.get(CLIENT_ID) as object
    network.documents.set(CLIENT_ID, { ...document, grant_types: ['authorization_code'] })
    expect(await client.signIn(alice)).not.toHaveProperty('refresh_token')
  })

  test('a fault changes what the token endpoint says', async () => {
    const { network, client, tokens } = await signedInAlice()
    network.fault({ path: '/oauth/token', times: Infinity, json: (json) => ({ ...json, scope: 'openid' }) })
    expect((await client.refresh(tokens)).json.scope).toBe('openid')
  })

  test('a method of the test knows who calls', async () => {
    const { network, alice, client, tokens } = await signedInAlice()
    network.respond('com.example.whoami', (_, caller) => Response.json({ did: caller?.did ?? null }))
    expect((await client.call(tokens, 'com.example.whoami')).json).toEqual({ did: alice.did })
    const anonymous = await network.fetch(`${network.pds}/xrpc/com.example.whoami`)
    expect(await anonymous.json()).toEqual({ did: null })
  })
})
