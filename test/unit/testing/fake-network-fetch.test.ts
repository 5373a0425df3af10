import { fakeNetwork, type FakeNetwork } from 'atproof/testing'
import { describe, expect, test } from 'vitest'

const HOST = 'https://other.example'

/** A network with a host that says what it was sent. */
function echoNetwork(): FakeNetwork {
  const network = fakeNetwork()
  network.host(HOST, async (request) => {
    const { method, url } = request
    return Response.json({ method, url, headers: Object.fromEntries(request.headers), body: await request.text() })
  })
  return network
}

function stream(text: string): ReadableStream {
  return new Blob([text]).stream()
}

async function read(response: Promise<Response>): Promise<Record<string, unknown>> {
  return (await response).json() as Promise<Record<string, unknown>>
}

describe('fetch', () => {
  test('takes a URL as text or object, and a Request with changes', async () => {
    const { fetch } = echoNetwork()
    expect(await read(fetch(`${HOST}/a?b=c`))).toMatchObject({ method: 'GET', url: `${HOST}/a?b=c` })
    expect(await read(fetch(new URL(HOST)))).toMatchObject({ url: `${HOST}/` })
    const request = new Request(HOST, { method: 'POST', body: 'b', headers: { 'x-a': 'a' } })
    expect(await read(fetch(request.clone()))).toMatchObject({
      method: 'POST',
      body: 'b',
      headers: { 'x-a': 'a' },
    })
    expect(await read(fetch(request, { method: 'PUT', body: 'c' }))).toMatchObject({ method: 'PUT', body: 'c' })
    await expect(fetch('no URL')).rejects.toThrow(TypeError)
  })

  test('sends a body that is a stream, once, and reads none that the server leaves', async () => {
    const { fetch } = echoNetwork()
    const init = { method: 'POST', body: stream('ab'), duplex: 'half' } as RequestInit
    expect(await read(fetch(HOST, init))).toMatchObject({ body: 'ab' })
    const network = echoNetwork()
    network.fault({ path: HOST, status: 413 })
    const left = { method: 'POST', body: stream('a'), duplex: 'half' } as RequestInit
    expect((await network.fetch(HOST, left)).status).toBe(413)
    await expect(network.fetch(HOST, left)).rejects.toThrow(TypeError)
  })

  test('the signal of a Request ends it; null takes it away', async () => {
    const network = echoNetwork()
    const { hit } = network.fault({ path: HOST, hang: 'answer' })
    const controller = new AbortController()
    const request = new Request(HOST, { signal: controller.signal })
    const waiting = network.fetch(request)
    await hit
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(network.fetch(request)).rejects.toThrow('enough')
    expect((await network.fetch(request, { signal: null })).status).toBe(200)
  })

  test('the signal ends a body that is not read yet', async () => {
    const network = echoNetwork()
    const controller = new AbortController()
    const response = await network.fetch(HOST, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(response.text()).rejects.toThrow('enough')
  })

  test('the signal ends a body on its way, also behind a redirect, and its server is told', async () => {
    const network = echoNetwork()
    const { promise: told, resolve: cancel } = Promise.withResolvers<unknown>()
    network.host('https://slow.example', () => new Response(new ReadableStream({ cancel })))
    network.fault({ path: HOST, redirect: 'https://slow.example' })
    const controller = new AbortController()
    const text = (await network.fetch(HOST, { signal: controller.signal })).text()
    controller.abort(new Error('enough'))
    await expect(text).rejects.toThrow('enough')
    expect(await told).toMatchObject({ message: 'enough' })
  })

  test('a server is told of a reader that cancels', async () => {
    const network = fakeNetwork()
    const { promise: told, resolve: cancel } = Promise.withResolvers<unknown>()
    network.host(HOST, () => new Response(new ReadableStream({ cancel })))
    await (await network.fetch(HOST)).body?.cancel('enough')
    expect(await told).toBe('enough')
  })

  test('HEAD has no body', async () => {
    const network = fakeNetwork()
    network.host(HOST, () => new Response('body', { headers: { 'content-length': '4' } }))
    const response = await network.fetch(HOST, { method: 'HEAD' })
    expect([response.body, response.headers.get('content-length')]).toEqual([null, '4'])
    expect(await (await network.fetch(HOST)).text()).toBe('body')
  })

  test('a response says where it is from, and so do its clones', async () => {
    const { fetch } = echoNetwork()
    const response = await fetch(`${HOST}/a?b=c#d`)
    expect([response.url, response.redirected]).toEqual([`${HOST}/a?b=c`, false])
    const clone = response.clone().clone()
    expect([clone.url, clone.redirected]).toEqual([`${HOST}/a?b=c`, false])
    expect(await clone.text()).toBe(await response.text())
  })
})

describe('redirects', () => {
  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [302, 'PUT', 'PUT'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [307, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
  ] as const)('%i makes of %s a %s', async (status, sent, followed) => {
    const network = echoNetwork()
    network.fault({ path: '/from', redirect: '/to', status })
    const body = sent === 'HEAD' ? null : 'text'
    const response = await network.fetch(`${HOST}/from`, { method: sent, body })
    expect([response.url, response.redirected]).toEqual([`${HOST}/to`, true])
    expect(network.log.last).toMatchObject({ method: followed, url: `${HOST}/to` })
    expect(network.log.last?.headers.has('content-type')).toBe(followed !== 'GET' && followed !== 'HEAD')
    if (followed !== 'HEAD')
      expect(await response.json()).toMatchObject({ body: followed === 'GET' ? '' : 'text' })
  })

  test('another origin is told no credentials, and the same one is', async () => {
    const network = echoNetwork()
    const headers = { authorization: 'DPoP secret', 'x-a': 'a' }
    network.fault({ path: '/from', redirect: '/to' })
    expect(await read(network.fetch(`${HOST}/from`, { headers }))).toMatchObject({ headers })
    network.fault({ path: '/from', redirect: `${HOST}/to` })
    const { headers: told } = await read(network.fetch('https://first.example/from', { headers }))
    expect(told).toMatchObject({ 'x-a': 'a' })
    expect(told).not.toHaveProperty('authorization')
  })

  test('twenty are followed, and no more; one that leads nowhere fails', async () => {
    const network = echoNetwork()
    network.fault({ path: '/', redirect: '/', times: 20 })
    expect((await network.fetch(HOST)).status).toBe(200)
    network.fault({ path: '/', redirect: '/', times: 21 })
    await expect(network.fetch(HOST)).rejects.toMatchObject({ cause: { message: 'redirect count exceeded' } })
    network.fault({ path: '/', redirect: 'https://' })
    await expect(network.fetch(HOST)).rejects.toMatchObject({ message: 'fetch failed' })
  })
})

test('the same handle has the same DID on each network, and two accounts never share one', async () => {
  const [one, other] = [fakeNetwork(), fakeNetwork()]
  const alice = one.createAccount('alice.test')
  const bob = one.createAccount('bob.test')
  expect(alice.did).toMatch(/^did:plc:[a-z2-7]{24}$/)
  expect(bob.did).not.toBe(alice.did)
  other.createAccount('bob.test')
  expect(other.createAccount('alice.test').did).toBe(alice.did)
  alice.rename('alice2.test')
  const second = one.createAccount('alice.test')
  expect(second.did).not.toBe(alice.did)
  expect(one.account('alice2.test')).toBe(alice)
})
