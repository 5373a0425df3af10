import { nsid, XrpcClient } from 'atproof'
import { expect, test } from 'vitest'

const DO = nsid('com.example.doThing')

/** A client, and the body and a header of all that it sends. */
function scene(settings: object = {}) {
  const sent: unknown[] = []
  const fetch = async (_: string, { body, headers }: RequestInit) => {
    sent.push({ body, header: new Headers(headers).get('x-a') })
    return Response.json({})
  }
  return { client: new XrpcClient({ service: 'https://api.example.com', fetch, ...settings }), sent }
}

test.each([{}, { headers: { 'x-app': 'a' } }])('an input is read when the call is made: %j', async (settings) => {
  const { client, sent } = scene(settings)
  const input = { text: 'hello' }
  const call = client.post(DO, { input })
  input.text = ''
  await call
  expect(sent).toMatchObject([{ body: '{"text":"hello"}' }])
})

test('headers of a raw fetch are read when it is called', async () => {
  const { client, sent } = scene()
  const headers = new Headers({ 'x-a': '1' })
  const call = client.fetchHandler(`/xrpc/${DO}`, { headers })
  headers.set('x-a', '2')
  await call
  expect(sent).toMatchObject([{ header: '1' }])
})
