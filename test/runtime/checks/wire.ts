import { fakeNetwork } from 'atproof/testing'
import { assertFacts, assertSame, failureOf } from './assert.ts'
import type { Checks } from './checks.ts'
import { GET_SESSION, signedInAlice } from './scene.ts'

const HOST = 'https://host.example'
const METHOD = `/xrpc/${GET_SESSION}`

/** Requests, answers and their bodies, which every runtime has classes of its own for. */
export const wireChecks: Checks = {
  async 'follows a redirect, hands it out, or refuses it, as the request says'() {
    const network = fakeNetwork()
    network.host(HOST, async (request) => Response.json([request.method, await request.text()]))
    const fault = (status: 303 | 307) => network.fault({ path: `${HOST}/old`, redirect: `${HOST}/new`, status })
    const send = (init?: RequestInit) => network.fetch(`${HOST}/old`, init)
    fault(307)
    const kept = await send({ method: 'POST', body: 'hello' })
    assertSame([kept.url, kept.redirected, await kept.json()], [`${HOST}/new`, true, ['POST', 'hello']])
    fault(303)
    assertSame(await (await send({ method: 'POST', body: 'hello' })).json(), ['GET', ''])
    fault(307)
    const seen = await send({ redirect: 'manual' })
    assertSame([seen.status, seen.headers.get('location')], [307, `${HOST}/new`])
    fault(307)
    assertFacts(await failureOf(send({ redirect: 'error' })), { name: 'TypeError' })
    network.close()
  },

  async 'sends no token where a redirect points'() {
    const { network, client } = await signedInAlice()
    network.fault({ path: METHOD, redirect: `${HOST}/elsewhere` })
    assertFacts(await failureOf(client.get(GET_SESSION)), { name: 'NetworkError', code: 'redirected' })
    assertSame(network.log.count(`${HOST}/elsewhere`), 0)
    network.close()
  },

  async 'carries text, bytes, forms and streams there and back'() {
    const network = fakeNetwork()
    network.host(HOST, (request) => new Response(request.body, { headers: request.headers }))
    const echo = (body: BodyInit, init?: object) => network.fetch(HOST, { method: 'POST', body, ...init })
    assertSame(await (await echo('héllo')).text(), 'héllo')
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256)
    const back = new Uint8Array(await (await echo(bytes)).arrayBuffer())
    assertSame([back.length, back.every((byte, index) => byte === index % 256)], [bytes.length, true])
    const form = await (await echo(new URLSearchParams({ a: '1 2' }))).formData()
    assertSame(form.get('a'), '1 2')
    assertSame(network.log.last?.form?.get('a'), '1 2')
    assertSame(await (await echo(new Blob(['blob']))).text(), 'blob')
    assertSame(await (await echo(streamOf('one', 'two'), { duplex: 'half' })).text(), 'onetwo')
    const { status, body } = await network.fetch(HOST, { method: 'HEAD' })
    assertSame([status, body], [200, null])
    network.close()
  },

  async 'carries a Request of the runtime'() {
    const network = fakeNetwork()
    network.host(
      HOST,
      async (request) => new Response(`${request.headers.get('x-name')}: ${await request.text()}`),
    )
    const request = new Request(HOST, { method: 'PUT', body: 'hello', headers: { 'x-name': 'alice' } })
    assertSame(await (await network.fetch(request)).text(), 'alice: hello')
    network.close()
  },

  async 'hands on what a body comes to: cut off, huge, empty, no JSON'() {
    const { network, client } = await signedInAlice()
    const once = client.with({ retry: { limit: 0 } })
    const failure = (body: 'cut-off' | 'huge' | 'empty' | 'html') => {
      network.fault({ path: METHOD, body })
      return failureOf(once.get(GET_SESSION))
    }
    assertFacts(await failure('cut-off'), { name: 'NetworkError', code: 'answer_cut_off' })
    assertFacts(await failure('huge'), { name: 'NetworkError', code: 'too_large' })
    for (const body of ['empty', 'html'] as const) assertFacts(await failure(body), { name: 'XrpcError' })
    assertSame((await client.get(GET_SESSION)).status, 200)
    network.close()
  },

  async 'ends a body that hangs with the reason of the signal'() {
    const { network, client } = await signedInAlice()
    const hanging = network.fault({ path: METHOD, hang: 'body' })
    const controller = new AbortController()
    const failure = failureOf(client.get(GET_SESSION, { signal: controller.signal }))
    await hanging.hit
    await network.clock.settle()
    controller.abort(new RangeError('enough'))
    assertFacts(await failure, { name: 'RangeError', message: 'enough' })
    network.close()
  },

  async 'reads a body only as far as it is wanted'() {
    const network = fakeNetwork()
    let pulled = 0
    const endless = () =>
      new ReadableStream({
        pull(controller) {
          pulled += 1
          controller.enqueue(new Uint8Array(1024))
        },
      })
    network.host(HOST, () => new Response(endless()))
    const reader = (await network.fetch(HOST)).body?.getReader()
    assertSame((await reader?.read())?.value?.length, 1024)
    await network.clock.settle()
    if (pulled > 4) throw new Error(`expected a few pulls, found ${pulled}`)
    await reader?.cancel()
    network.close()
  },
}

function streamOf(...chunks: readonly string[]): ReadableStream<Uint8Array> {
  const parts = chunks.map((chunk) => new TextEncoder().encode(chunk))
  return new ReadableStream({
    pull(controller) {
      const part = parts.shift()
      if (part) controller.enqueue(part)
      else controller.close()
    },
  })
}
