import { describe, expect, test } from 'vitest'
import { generateTypes, isGenerated } from '../../../src/lexicon/generate-types.ts'
import type { Field, LexiconDocument } from '../../../src/lexicon/document.ts'
import { document, recordWith } from './documents.ts'

/** The line of a property in what a record with that property gives. */
function typeOf(field: Field): string {
  const text = generateTypes([recordWith({ field }, { required: ['field'] })])
  return /^ {2}field:\s*(.*?)\n\}$/ms.exec(text)?.[1] ?? ''
}

describe('a field', () => {
  test.each<[string, Field, string]>([
    ['text', { type: 'string' }, 'string'],
    ['a DID', { type: 'string', format: 'did' }, 'Did'],
    ['another format', { type: 'string', format: 'handle' }, 'string'],
    ['one text', { type: 'string', const: "it's" }, String.raw`'it\'s'`],
    ['the empty text', { type: 'string', const: '' }, "''"],
    ['zero', { type: 'integer', const: 0 }, '0'],
    ['one of some texts', { type: 'string', enum: ['a', 'b"c'] }, `'a' | 'b"c'`],
    ['known texts among all', { type: 'string', knownValues: ['a'] }, "'a' | (string & {})"],
    ['a text out of none', { type: 'string', enum: [] }, 'never'],
    ['a number', { type: 'integer' }, 'number'],
    ['one number', { type: 'integer', const: -5 }, '-5'],
    ['one of some numbers', { type: 'integer', enum: [1, 2] }, '1 | 2'],
    ['true or false', { type: 'boolean' }, 'boolean'],
    ['one of the two', { type: 'boolean', const: false }, 'false'],
    ['bytes', { type: 'bytes' }, 'Bytes'],
    ['a link', { type: 'cid-link' }, 'CidLink'],
    ['a blob', { type: 'blob' }, 'BlobRef'],
    ['anything', { type: 'unknown' }, 'UnknownObject'],
    ['an object of nothing', { type: 'object' }, 'Record<string, never>'],
    ['a list', { type: 'array', items: { type: 'string' } }, 'string[]'],
    ['a list of choices', { type: 'array', items: { type: 'string', enum: ['a', 'b'] } }, "('a' | 'b')[]"],
    ['a closed union of nothing', { type: 'union', refs: [], closed: true }, 'never'],
    ['an open union of nothing', { type: 'union', refs: [] }, 'UnknownVariant'],
  ])('is %s', (_, field, type) => {
    expect(typeOf(field)).toBe(type)
  })

  test('may be missing, null, or neither, each told apart', () => {
    const a: Field = { type: 'string' }
    const properties = { both: a, maybe: a, nothing: a, sure: a }
    const text = generateTypes([
      recordWith(properties, { required: ['sure', 'nothing'], nullable: ['both', 'nothing'] }),
    ])
    expect(text).toContain('  both?: string | null | undefined\n')
    expect(text).toContain('  maybe?: string | undefined\n')
    expect(text).toContain('  nothing: string | null\n')
    expect(text).toContain('  sure: string\n')
  })

  test.each([
    ['plain', 'plain'],
    ['a-b', "'a-b'"],
    ['class', 'class'],
    ["it's", String.raw`'it\'s'`],
    ['1st', "'1st'"],
    ['sep\u2028arate', String.raw`'sep\u2028arate'`],
    ['\u202eturned\u200b', String.raw`'\u202eturned\u200b'`],
    ['\u0085\n', String.raw`'\u0085\n'`],
    ['\ud800', String.raw`'\ud800'`],
    [String.raw`\"`, String.raw`'\\"'`],
    ['größe', "'größe'"],
  ])('may be called %s', (name, written) => {
    const properties: Record<string, Field> = JSON.parse(`{ ${JSON.stringify(name)}: { "type": "string" } }`)
    expect(generateTypes([recordWith(properties)])).toContain(`  ${written}?: string | undefined\n`)
  })
})

describe('a union', () => {
  const defs: LexiconDocument['defs'] = {
    a: { type: 'object' },
    list: { type: 'array', items: { type: 'union', refs: ['#a', 'com.example.other'] } },
    closed: { type: 'array', items: { type: 'union', refs: ['#a'], closed: true } },
  }
  const other = document('com.example.other', { main: { type: 'object' } })
  const text = generateTypes([document('com.example.thing', defs), other])

  test('requires the name of each kind, and takes kinds it does not know', () => {
    expect(text).toContain(`type ComExampleThingList = (
  | (ComExampleThingA & { $type: 'com.example.thing#a' })
  | (ComExampleOther & { $type: 'com.example.other' })
  | UnknownVariant)[]`)
  })

  test('that is closed takes no other', () => {
    expect(text).toContain(
      "type ComExampleThingClosed = ((ComExampleThingA & { $type: 'com.example.thing#a' }))[]",
    )
  })
})

describe('a reference', () => {
  const known = [
    document('com.atproto.repo.strongRef', { main: { type: 'object' } }),
    document('com.atproto.lexicon.schema', { main: { type: 'record', record: { type: 'object' } } }),
  ]

  test.each([
    [
      '#tag',
      "type ComExampleThing = {\n  $type?: 'com.example.thing' | undefined\n  field: ComExampleThingTag\n}",
    ],
    ['#main', '  field: ComExampleThing\n'],
    ['com.example.thing', '  field: ComExampleThing\n'],
    ['com.example.thing#main', '  field: ComExampleThing\n'],
    ['lex:com.example.thing#main', '  field: ComExampleThing\n'],
    ['lex:com.example.thing#tag', '  field: ComExampleThingTag\n'],
    ['com.atproto.repo.strongRef#main', "  field: Definitions['com.atproto.repo.strongRef']\n"],
    ['com.atproto.lexicon.schema', "  field: Records['com.atproto.lexicon.schema']\n"],
  ])('%s leads there', (ref, written) => {
    const thing = recordWith({ field: { type: 'ref', ref } }, { required: ['field'] })
    const tagged = { ...thing, defs: { ...thing.defs, tag: { type: 'token' } as const } }
    expect(generateTypes([tagged], { known })).toContain(written)
  })

  test('can lead to a text, a token or a list', () => {
    const text = generateTypes([
      document('com.example.defs', {
        kind: { type: 'string', knownValues: ['com.example.defs#big'] },
        big: { type: 'token' },
        kinds: { type: 'array', items: { type: 'ref', ref: '#kind' } },
      }),
    ])
    expect(text).toContain("type ComExampleDefsKind = 'com.example.defs#big' | (string & {})\n")
    expect(text).toContain("type ComExampleDefsBig = 'com.example.defs#big'\n")
    expect(text).toContain('type ComExampleDefsKinds = ComExampleDefsKind[]\n')
    expect(text).toContain("'com.example.defs#kinds': ComExampleDefsKinds\n")
  })
})

describe('a method', () => {
  const text = generateTypes([
    document('com.example.ask', {
      main: {
        type: 'query',
        parameters: { properties: { tags: { type: 'array', items: { type: 'string' } } }, required: ['tags'] },
        output: { encoding: 'application/json', schema: { type: 'ref', ref: 'com.example.thing' } },
        errors: [{ name: 'NoSuchThing' }, { name: "Odd'One" }],
      },
    }),
    document('com.example.poke', { main: { type: 'procedure' } }),
    document('com.example.upload', {
      main: { type: 'procedure', input: { encoding: '*/*' }, output: { encoding: 'application/json' } },
    }),
    recordWith({}),
  ])

  test('has its parameters, output and errors', () => {
    expect(text).toContain(`    'com.example.ask': {
      params: {
        tags: string[]
      }
      output: ComExampleThing
      errors: 'NoSuchThing' | 'Odd\\'One'
    }`)
  })

  test.each(['application/json; charset=utf-8', 'Application/JSON'])('gives JSON as %s', (encoding) => {
    const given = generateTypes([document('com.example.ask', { main: { type: 'query', output: { encoding } } })])
    expect(given).toContain('      output: UnknownObject\n')
    expect(given).not.toContain('outputEncoding')
  })

  test.each(['application/jsonl', 'text/json', '*/*'])('gives no JSON as %s', (encoding) => {
    const given = generateTypes([document('com.example.ask', { main: { type: 'query', output: { encoding } } })])
    expect(given).toContain(`      outputEncoding: '${encoding}'\n`)
  })

  test('without any has neither input nor output', () => {
    expect(text).toContain(`    'com.example.poke': {
      params: Record<string, never>
      errors: never
    }`)
  })

  test('that is a query takes nothing, whatever its document says', () => {
    const input = { encoding: 'application/json' }
    expect(generateTypes([document('com.example.ask', { main: { type: 'query', input } })])).not.toContain('input')
  })

  test('names a media type that is not JSON, and JSON of no schema is an object', () => {
    expect(text).toContain(`    'com.example.upload': {
      params: Record<string, never>
      inputEncoding: '*/*'
      output: UnknownObject
      errors: never
    }`)
  })
})

describe('a comment', () => {
  test.each([
    ['A thing.', '/** A thing. */'],
    ['Ends */ early', String.raw`/** Ends *\/ early */`],
    ['Two\nlines ', '/**\n * Two\n * lines\n */'],
    ['\n\nAfter a break\n', '/** After a break */'],
    ['DEPRECATED: use com.example.other', '/** @deprecated use com.example.other */'],
    ['Deprecated', '/** @deprecated */'],
    ['Not deprecated', '/** Not deprecated */'],
    ['@ts-expect-error', '/** @ ts-expect-error */'],
    ['Fine\n@ts-ignore', '/**\n * Fine\n * @ ts-ignore\n */'],
    ['@\u202ets-ignore *\u2066/ turned', String.raw`/** @ ts-ignore *\/ turned */`],
    ['No\ud800character', '/** No\ufffdcharacter */'],
  ])('says %j', (description, comment) => {
    const text = generateTypes([document('com.example.thing', { main: { type: 'query', description } })])
    expect(text).toContain(`${comment.replaceAll(/^/gm, '    ')}\n    'com.example.thing': {`)
  })

  test('names the default, beside the description or alone', () => {
    const described: Field = { type: 'string', description: 'How.', default: '*/' }
    const text = generateTypes([recordWith({ limit: { type: 'integer', default: 50 }, described })])
    expect(text).toContain('  /** @default 50 */\n  limit?: number | undefined\n')
    expect(text).toContain(`  /**\n   * How.\n   * @default "*\\/"\n   */\n  described?: string | undefined\n`)
  })

  test('is not written for an empty description', () => {
    const text = generateTypes([document('com.example.thing', { main: { type: 'query', description: ' ' } })])
    expect(text).not.toContain('/*')
  })
})

test('names that differ by dots alone get types of their own', () => {
  const text = generateTypes([
    document('com.example.foo.bar', { main: { type: 'token' } }),
    document('com.example.fooBar', { main: { type: 'token' } }),
    document('com.example.foo', { bar: { type: 'token' } }),
    document('com.my-site.foo', { bar: { type: 'token' } }),
  ])
  expect(text).toContain("type ComExampleFooBar = 'com.example.foo#bar'\n")
  expect(text).toContain("type ComExampleFooBar_2 = 'com.example.foo.bar'\n")
  expect(text).toContain("type ComExampleFooBar_3 = 'com.example.fooBar'\n")
  expect(text).toContain("type ComMy_siteFooBar = 'com.my-site.foo#bar'\n")
})

test('subscriptions and permission sets have no types, and leave a file that compiles', () => {
  const text = generateTypes([
    document('com.example.subscribe', { main: { type: 'subscription' }, message: { type: 'object' } }),
    document('com.example.basics', { main: { type: 'permission-set' } }),
  ])
  expect(text).not.toContain("'com.example.subscribe'")
  expect(text).not.toContain('com.example.basics')
  expect(text).toContain("'com.example.subscribe#message': ComExampleSubscribeMessage")
})

test('the same documents give the same text in any order', () => {
  const documents = ['com.example.b', 'com.example.a', 'com.example.c'].map((id) =>
    document(id, { main: { type: 'object', properties: { bytes: { type: 'bytes' }, blob: { type: 'blob' } } } }),
  )
  const text = generateTypes(documents)
  expect(generateTypes(documents.toReversed())).toBe(text)
  expect(text).toContain("import type { BlobRef, Bytes } from 'atproof/registry'\n")
})

test('a file that was written is known again, and no other', () => {
  expect(isGenerated(generateTypes([]))).toBe(true)
  expect(isGenerated('export const precious = 1\n')).toBe(false)
})
