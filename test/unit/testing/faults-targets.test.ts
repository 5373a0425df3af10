import { expect, test } from 'vitest'
import { alicesNetwork, CLIENT_ID, signedInAlice } from './scene.ts'

const path = '/oauth/token'

test('a fault strikes n times, or until it is removed', async () => {
  const { network } = await signedInAlice()
  const get = async () => (await network.fetch(network.issuer + path)).status
  const usual = await get()
  const twice = network.fault({ path, status: 500, times: 2 })
  expect([await get(), await get(), await get()]).toEqual([500, 500, usual])
  const lasting = network.fault({ path, status: 503, times: Infinity })
  for (let i = 0; i < 20; i += 1) expect(await get()).toBe(503)
  lasting.remove()
  expect(await get()).toBe(usual)
  network.fault({ path, status: 503, times: Infinity })
  network.clearFaults()
  const never = network.fault({ path, status: 503, times: 0 })
  expect(await get()).toBe(usual)
  expect([twice.count, lasting.count, never.count]).toEqual([2, 20, 0])
})

test('lasting faults strike beside one that passes; of those that pass the first goes first', async () => {
  const { network } = await signedInAlice()
  const url = `${network.issuer}/.well-known/oauth-authorization-server`
  const get = async () => (await (await network.fetch(url)).json()) as Record<string, unknown>
  network.fault({ path: url, times: Infinity, set: { a: 'lasting', b: 'lasting' } })
  network.fault({ path: url, times: Infinity, omit: 'issuer' })
  network.fault({ path: url, set: { b: 'first' } })
  network.fault({ path: url, set: { b: 'second' } })
  const seen = [await get(), await get(), await get()]
  expect(seen.map(({ a, b }) => [a, b])).toEqual([
    ['lasting', 'first'],
    ['lasting', 'second'],
    ['lasting', 'lasting'],
  ])
  expect(seen.every((each) => !('issuer' in each))).toBe(true)
})

test('a fault is told apart by path, by URL, by host and by pattern', async () => {
  const { network } = await signedInAlice()
  network.host('https://other.example', () => new Response('other'))
  const get = async (url: string) => (await network.fetch(url)).status
  for (const pattern of ['/a', 'https://other.example/a', /other[^?]*\/a/g, /\?b=c$/]) {
    const fault = network.fault({ path: pattern, status: 500, times: Infinity })
    expect([await get('https://other.example/b'), await get('https://other.example/a?b=c')]).toEqual([200, 500])
    expect(await get('https://other.example/a?b=c')).toBe(500)
    fault.remove()
  }
  network.fault({ path: 'https://other.example', status: 500 })
  expect(await get('https://other.example')).toBe(500)
  network.fault({ path: '/oauth/par', status: 500 })
  expect(await get('https://other.example/oauth/token')).toBe(200)
})

test('the fetches of a server can be struck too', async () => {
  const { network, client } = await alicesNetwork()
  const fault = network.fault({ path: CLIENT_ID, refuse: true })
  expect((await client.par({ client_id: CLIENT_ID })).status).toBe(400)
  const struck = { from: 'pds.example.com', outcome: 'failed', faults: ['refuse'] }
  expect(network.log.to(CLIENT_ID)).toMatchObject([struck])
  expect(fault.count).toBe(1)
})

test('a fault strikes only what its pattern and its condition take', async () => {
  const { network, client, tokens } = await signedInAlice()
  const fault = network.fault({
    path: /\/oauth\/(token|par)$/,
    when: ({ form }) => form?.get('grant_type') === 'refresh_token',
    refuse: true,
  })
  await client.par()
  expect(fault.count).toBe(0)
  await expect(client.refresh(tokens)).rejects.toThrow('fetch failed')
  const removed = network.fault({ path, refuse: true })
  removed.remove()
  expect((await client.refresh(tokens)).status).toBe(200)
})
