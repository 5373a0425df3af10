import { expect, test } from 'vitest'
import { signedInAlice } from './scene.ts'

const path = '/oauth/token'
const bug = new RangeError('my own bug')

async function echo(request: Request): Promise<Response> {
  return new Response(`${await request.clone().text()} ${await request.text()}`)
}

function broken(): never {
  throw bug
}

test('respond answers instead of the server, as often as it is told', async () => {
  const { network, client, tokens } = await signedInAlice()
  const fault = network.fault({ path, times: 2, respond: () => Response.json({ error: 'x' }, { status: 503 }) })
  expect((await client.refresh(tokens)).status).toBe(503)
  expect((await client.refresh(tokens)).status).toBe(503)
  expect((await client.refresh(tokens)).status).toBe(200)
  expect([fault.count, (await fault.hit).status]).toEqual([2, 503])
})

test('respond reads the request, whose body is still whole', async () => {
  const { network } = await signedInAlice()
  network.fault({ path, times: 2, respond: echo })
  const form = await network.fetch(network.issuer + path, {
    method: 'POST',
    body: new URLSearchParams({ a: '1' }),
  })
  expect(await form.text()).toBe('a=1 a=1')
  const text = await network.fetch(network.issuer + path, { method: 'POST', body: 'b' })
  expect(await text.text()).toBe('b b')
})

test('a handler that throws is a host that cannot be reached, and says why', async () => {
  const { network } = await signedInAlice()
  network.host('https://other.example', broken)
  const reported = { name: 'TypeError', message: 'fetch failed', cause: bug }
  await expect(network.fetch('https://other.example')).rejects.toMatchObject(reported)
  expect(network.log.last).toMatchObject({ outcome: 'failed', failure: reported })
  expect(String(network.log)).toMatch(/failed: RangeError$/)
  network.fault({ path, respond: broken })
  await expect(network.fetch(network.issuer + path)).rejects.toMatchObject(reported)
  network.fault({ path, alter: broken })
  await expect(network.fetch(network.issuer + path)).rejects.toMatchObject(reported)
  network.fault({ path, when: broken, status: 500 })
  await expect(network.fetch(network.issuer + path)).rejects.toMatchObject(reported)
})

test('a handler gives a new Response each time', async () => {
  const { network } = await signedInAlice()
  const given: unknown[] = [undefined, Response.error()]
  network.host('https://other.example', () => given.shift() as Response)
  const get = () => network.fetch('https://other.example')
  await expect(get()).rejects.toMatchObject({ cause: { message: expect.stringContaining('expected a Response') } })
  await expect(get()).rejects.toMatchObject({ cause: { message: 'a handler gave Response.error()' } })
  network.fault({ path: 'https://other.example', respond: () => new Response() })
  network.fault({ path: 'https://other.example', alter: () => undefined as unknown as Response })
  await expect(get()).rejects.toMatchObject({
    cause: { message: 'a handler gave undefined: expected a Response' },
  })
  const spent = new Response('once')
  given.push(spent, spent)
  expect(await (await get()).text()).toBe('once')
  await expect(get()).rejects.toMatchObject({ cause: { message: expect.stringContaining('new one each time') } })
})
