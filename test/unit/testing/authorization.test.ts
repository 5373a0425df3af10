import { expect, test } from 'vitest'
import { alicesNetwork } from './scene.ts'

// What both networks do is in e2e/contract. Here is what only the fake one can: lie, and let time pass.

function params(url: string): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams)
}

test('a request expires five minutes after it was pushed', async () => {
  const { network, client } = await alicesNetwork()
  const [late, inTime] = [await client.authorizationUrl(), await client.authorizationUrl()]
  await network.clock.advance(300_000)
  expect(params(network.approve(inTime))).toHaveProperty('code')
  await network.clock.advance(1)
  const refusal = { error: 'access_denied', error_description: 'This request has expired' }
  expect(params(network.approve(late))).toMatchObject(refusal)
  expect(() => network.approve(late)).toThrow('Unknown request_uri')
})

test('a code expires five minutes after the consent, and is gone then', async () => {
  const { network, client } = await alicesNetwork()
  const callback = network.approve(await client.authorizationUrl())
  await network.clock.advance(300_001)
  expect((await client.exchange(callback)).json).toMatchObject({ error_description: 'This code has expired' })
  expect((await client.exchange(callback)).json).toMatchObject({ error_description: 'Invalid code' })
})

test('a URL is refused that is not of the authorization endpoint', async () => {
  const { network, client } = await alicesNetwork()
  const url = await client.authorizationUrl()
  expect(() => network.approve(url.replace('/authorize', '/other'))).toThrow('not https://pds.example.com/oauth')
  expect(() => network.approve(`${network.issuer}/oauth/authorize?client_id=a`)).toThrow('request_uri')
})

test('the network consents for whom the app asked for, or for the only one', async () => {
  const { network, alice, client } = await alicesNetwork()
  network.createAccount('bob.example.com')
  const url = await client.authorizationUrl()
  expect(() => network.approve(url)).toThrow('whose consent?')
  const hinted = await client.authorizationUrl({ login_hint: 'alice.example.com' })
  expect((await client.exchange(network.approve(hinted))).json.sub).toBe(alice.did)
})

test('the server may name another account, and another issuer or none', async () => {
  const { network, alice, client } = await alicesNetwork()
  const bob = network.createAccount('bob.example.com')
  const swapped = await client.exchange(alice.approve(await client.authorizationUrl(), { sub: bob.did }))
  expect(swapped.json.sub).toBe(bob.did)
  const options = { iss: 'https://evil.example.com' }
  expect(params(alice.approve(await client.authorizationUrl(), options))).toMatchObject(options)
  expect(params(alice.approve(await client.authorizationUrl(), { iss: null }))).not.toHaveProperty('iss')
})

test('the server may refuse with any error', async () => {
  const { network, client } = await alicesNetwork()
  const denied = network.deny(await client.authorizationUrl(), { error: 'server_error', iss: null })
  expect(params(denied)).toMatchObject({ error: 'server_error', state: 'the-state' })
})

test('an account that is deactivated keeps what it has, and cannot consent', async () => {
  const { network, alice, client } = await alicesNetwork()
  const tokens = await client.signIn(alice)
  const other = await client.authorizationUrl()
  alice.deactivate()
  expect((await client.refresh(tokens)).status).toBe(200)
  const refusal = { error: 'access_denied', error_description: 'This account has been deactivated' }
  expect(params(network.approve(other))).toMatchObject(refusal)
})

test('a request of one network is unknown to another', async () => {
  const [mine, other] = [await alicesNetwork(), await alicesNetwork()]
  const url = await mine.client.authorizationUrl()
  expect(() => other.network.approve(url)).toThrow('Unknown request_uri')
})
