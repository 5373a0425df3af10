import { nsid, type Validator } from 'atproof'
import { InvalidOutput } from '../../../src/xrpc/validator.ts'
import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { exampleService } from './example-service.ts'

const GET = nsid('com.example.getThings')
const DO = nsid('com.example.doThing')
const answer = () => Response.json({ things: [1] })
const bytes = () => new Response('bytes', { headers: { 'content-type': 'image/png' } })

/** A validator that notes what it is asked, and does what a test says. */
function notedValidator(own: Partial<Validator> = {}) {
  const asked: unknown[][] = []
  const note =
    (name: string) =>
    (...values: unknown[]): void => {
      asked.push([name, ...values])
    }
  const validate: Validator = {
    params: (name, params) => {
      asked.push(['params', name, params])
      return params
    },
    input: note('input'),
    output: note('output'),
    inputEncoding: note('inputEncoding'),
    outputEncoding: note('outputEncoding'),
    ...own,
  }
  return { validate, asked }
}

const refusal = () => {
  throw new TypeError('params.limit: expected an integer')
}

test('[J4] shows a validator what a call sends and is answered', async () => {
  const { validate, asked } = notedValidator()
  const { client } = exampleService([answer], { validate })
  await client.get(GET, { params: { limit: 1 } })
  await client.post(DO, { input: { name: 'x' } })
  await client.post(DO)
  expect(asked).toEqual([
    ['params', GET, { limit: 1 }],
    ['output', GET, { things: [1] }],
    ['params', DO, undefined],
    ['input', DO, { name: 'x' }],
    ['output', DO, { things: [1] }],
    ['params', DO, undefined],
    ['input', DO, undefined],
    ['output', DO, { things: [1] }],
  ])
})

test('[J4] shows a validator the encodings of what is not JSON', async () => {
  const { validate, asked } = notedValidator()
  const { client } = exampleService([bytes], { validate })
  await client.post(DO, { input: new Blob(['x'], { type: 'image/png' }), as: 'bytes' })
  await client.get(GET, { as: 'stream' })
  expect(asked.filter(([name]) => name !== 'params')).toEqual([
    ['inputEncoding', DO, 'image/png'],
    ['outputEncoding', DO, 'image/png'],
    ['outputEncoding', GET, 'image/png'],
  ])
})

test('[J2] sends the parameters that a validator gives: the defaults of the lexicon', async () => {
  const { validate } = notedValidator({ params: (_, params) => ({ ...params, limit: 50 }) })
  const { client, seen } = exampleService([answer], { validate })
  await client.get(GET, { params: { reverse: true } })
  expect(seen[0]?.path).toBe('/xrpc/com.example.getThings?reverse=true&limit=50')
})

test.each(['params', 'input', 'inputEncoding'] as const)(
  "what a validator's %s refuses is thrown before anything is sent",
  async (name) => {
    const { validate } = notedValidator({ [name]: refusal })
    const { client, seen } = exampleService([answer], { validate })
    const input = name === 'inputEncoding' ? new Blob(['x']) : {}
    await expect(client.post(DO, { input })).rejects.toThrow(/^params\.limit: expected an integer$/)
    expect(seen).toEqual([])
  },
)

test.each(['output', 'outputEncoding'] as const)(
  '[J4] what is refused by %s is an answer that does not fit the method',
  async (name) => {
    const { validate } = notedValidator({
      [name]: () => {
        throw new InvalidOutput('output.things[0]', 'a string', 1)
      },
    })
    const { client, seen } = exampleService([name === 'output' ? answer : bytes], { validate })
    const call = client.get(GET, { as: name === 'output' ? undefined : 'bytes' })
    expect(await failureOf(call)).toMatchObject({
      name: 'XrpcError',
      code: 'response_invalid',
      nsid: GET,
      status: 200,
      field: 'output.things[0]',
      expected: 'a string',
      found: 1,
      retryable: false,
    })
    expect(seen).toHaveLength(1)
  },
)

test("a validator's own failure is thrown as it is", async () => {
  const reason = new Error('a bug')
  const { validate } = notedValidator({
    output: () => {
      throw reason
    },
  })
  await expect(exampleService([answer], { validate }).client.get(GET)).rejects.toBe(reason)
})

test('a validator is asked about no error', async () => {
  const { validate, asked } = notedValidator()
  const { client } = exampleService([() => Response.json({ error: 'X' }, { status: 400 })], { validate })
  await failureOf(client.get(GET))
  expect(asked.map(([name]) => name)).toEqual(['params'])
})
