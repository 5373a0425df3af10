import type { Definition, Field, LexiconDocument } from '../../src/lexicon/document.ts'

const text: Field = { type: 'string' }
const PER_SERVICE = 10

/** The library without a call: what it costs to look at its declarations. */
export const LIBRARY = `import { isXrpcError, type XrpcClient } from 'atproof'

export type { XrpcClient }
export const tell = isXrpcError
`

/** Calls twenty of 500 methods, each with what its types require. */
export const PROGRAM = `import { isXrpcError, type XrpcClient } from 'atproof'

export async function call(client: XrpcClient): Promise<number> {
  const note = { text: 'x' }
  const subject = { uri: 'at://x', cid: 'y' }
  let length = 0
${Array.from({ length: 10 }, (_, at) => callTwo(at * 50)).join('\n')}
  return length
}
`

function callTwo(at: number): string {
  const service = `com.example.s${at / 10}`
  return `  try {
    const { data } = await client.get('${service}.method${at}', { params: { actor: client.did, limit: 5 } })
    length += data.items.flatMap(({ parents }) => parents.map(({ author }) => author)).length
    await client.post('${service}.method${at + 1}', { input: { subject, note, reason: null } })
  } catch (error) {
    if (isXrpcError(error, '${service}.method${at}', 'NotFound')) length += error.error.length
  }`
}

/** Documents of this many methods, half of them queries, with what methods share: views, unions, records. */
export function manyMethods(count: number): readonly LexiconDocument[] {
  const methods = Array.from({ length: count }, (_, at): LexiconDocument => {
    const service = `com.example.s${Math.floor(at / PER_SERVICE)}`
    return {
      lexicon: 1,
      id: `${service}.method${at}`,
      defs: { main: at % 2 === 0 ? query(service) : procedure(service) },
    }
  })
  const services = Array.from({ length: Math.ceil(count / PER_SERVICE) }, (_, at) => `com.example.s${at}`)
  return [...methods, ...services.flatMap(shared)]
}

function query(service: string): Definition {
  return {
    type: 'query',
    parameters: {
      required: ['actor'],
      properties: {
        actor: { type: 'string', format: 'did' },
        tags: { type: 'array', items: text },
        sort: { type: 'string', knownValues: ['newest', 'oldest'] },
        limit: { type: 'integer', default: 50 },
        cursor: text,
      },
    },
    output: {
      encoding: 'application/json',
      schema: {
        type: 'object',
        required: ['items'],
        properties: {
          cursor: text,
          items: { type: 'array', items: { type: 'ref', ref: `${service}.defs#view` } },
        },
      },
    },
    errors: [{ name: 'NotFound' }, { name: 'Blocked' }],
  }
}

function procedure(service: string): Definition {
  return {
    type: 'procedure',
    input: {
      encoding: 'application/json',
      schema: {
        type: 'object',
        required: ['subject', 'note'],
        nullable: ['reason'],
        properties: {
          subject: { type: 'ref', ref: 'com.atproto.repo.strongRef' },
          note: { type: 'ref', ref: `${service}.note` },
          reason: text,
        },
      },
    },
    output: { encoding: 'application/json', schema: { type: 'ref', ref: `${service}.defs#view` } },
    errors: [{ name: 'InvalidNote' }],
  }
}

function shared(service: string): readonly LexiconDocument[] {
  const embed: Field = { type: 'union', refs: ['#image', '#link', 'com.atproto.repo.strongRef'] }
  return [
    {
      lexicon: 1,
      id: `${service}.defs`,
      defs: {
        view: {
          type: 'object',
          required: ['uri', 'author', 'record', 'parents'],
          properties: {
            uri: text,
            author: { type: 'string', format: 'did' },
            record: { type: 'unknown' },
            embed,
            parents: { type: 'array', items: { type: 'ref', ref: '#view' } },
          },
        },
        image: { type: 'object', required: ['alt'], properties: { alt: text, blob: { type: 'blob' } } },
        link: { type: 'object', required: ['url'], properties: { url: text } },
      },
    },
    {
      lexicon: 1,
      id: `${service}.note`,
      defs: {
        main: {
          type: 'record',
          record: {
            type: 'object',
            required: ['text'],
            properties: {
              text,
              embed: { type: 'union', refs: [`${service}.defs#image`, `${service}.defs#link`] },
            },
          },
        },
      },
    },
  ]
}
