import { discoverAuthorizationServer } from 'atproof/discovery'
import {
  createAuthorizationUrl,
  DpopKey,
  exchangeCode,
  readAuthorizationResponse,
  refreshTokens,
  revokeTokens,
} from 'atproof/flow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { APP_WORLDS, type World } from './world.ts'

const redirectUri = 'http://127.0.0.1:8080/callback'
const scope = 'atproto transition:generic'
const client = { clientId: `http://localhost?${new URLSearchParams({ redirect_uri: redirectUri, scope })}` }

describe.each(APP_WORLDS)('on %s', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await open()
  })
  afterAll(() => world.close())

  test('[D1] [E6] [I1] a sign-in of steps alone: signs in, refreshes and signs out', async () => {
    const person = await world.newPerson()
    const { allowLoopback = [] } = world.clientOptions
    const options = { fetch: world.fetch, clock: world.newClock(), allowLoopback }
    const server = await discoverAuthorizationServer(person.handle, { ...world.clientOptions, ...options })
    expect(server).toMatchObject({ issuer: world.issuer, pds: world.pds, identity: { did: person.did } })

    const dpopKey = await DpopKey.generate({ extractable: false })
    const request = { client, dpopKey, redirectUri, scope, loginHint: person.handle }
    const begun = await createAuthorizationUrl(server, request, options)
    const response = await person.approve(begun.url)
    const code = readAuthorizationResponse(response, { state: begun.state, issuer: server.issuer })
    const { clientAuth, verifier, nonce } = begun
    const binding = { client, dpopKey, clientAuth }
    const granted = await exchangeCode(server, { ...binding, code, redirectUri, verifier, nonce }, options)
    expect(granted.tokens).toMatchObject({ did: person.did, scope })

    const renewed = await refreshTokens(server, { ...binding, ...granted }, options)
    expect(renewed.tokens.refreshToken).not.toBe(granted.tokens.refreshToken)
    expect(await revokeTokens(server, { ...binding, ...renewed }, options)).toMatchObject({ accepted: true })
    const refused = refreshTokens(server, { ...binding, ...renewed }, options)
    await expect(refused).rejects.toMatchObject({ code: 'refresh_refused', error: 'invalid_grant' })
  })
})
