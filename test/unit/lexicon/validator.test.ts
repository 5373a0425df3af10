import { validator, type ValidatorOptions } from 'atproof/lexicon'
import { describe, expect, test } from 'vitest'
import { ALL, refusal, strict } from './validation-methods.ts'
import { BLOB, LINK } from './validation-scene.ts'

/** Threads of replies, as an answer has them. */
function thread(replies: number): unknown {
  return JSON.parse(`${'{"a":'.repeat(replies)}{}${'}'.repeat(replies)}`)
}

/** What a procedure says of an image that is written. */
function refusalOfImage(image: object): string | undefined {
  return refusal(() => strict().input('com.example.do', { password: 'a', image }))
}

describe('parameters', () => {
  const FIND = 'com.example.find'
  test('[J2] [K7] are sent with the defaults of the lexicon, where they are left out', () => {
    const params = { text: 'a' }
    expect(strict().params(FIND, params)).toEqual({ text: 'a', limit: 50, reverse: false })
    expect(params).toEqual({ text: 'a' })
    expect(strict().params(FIND, { text: 'a', limit: undefined })).toEqual({
      text: 'a',
      limit: 50,
      reverse: false,
    })
  })

  test('[J2] [K3] keep what is falsy', () => {
    expect(strict().params(FIND, { text: '', limit: 1, reverse: true, cursor: '' })).toEqual({
      text: '',
      limit: 1,
      reverse: true,
      cursor: '',
    })
  })

  test('[K2] keep what the lexicon does not know', () => {
    expect(strict().params(FIND, { text: 'a', later: 'b' })).toMatchObject({ later: 'b' })
  })

  test('[J2] take arrays, in which what is undefined is not sent', () => {
    expect(strict().params(FIND, { text: 'a', tags: ['b', undefined, 'c'] })).toMatchObject({ text: 'a' })
  })

  test.each([
    [undefined, 'params.text: expected a value, since it is required, found undefined'],
    [{ text: 'a'.repeat(21) }, 'params.text: expected at most 20 bytes of UTF-8, found 21'],
    [{ text: 'a', limit: 0 }, 'params.limit: expected at least 1, found 0'],
    [{ text: 'a', limit: 101 }, 'params.limit: expected at most 100, found 101'],
    [{ text: 'a', limit: '10' }, 'params.limit: expected an integer, found "10"'],
    [{ text: 'a', limit: null }, 'params.limit: expected an integer, found null'],
    [{ text: 'a', tags: 'b' }, 'params.tags: expected an array, found "…"'],
    [{ text: 'a', tags: ['b', 1] }, 'params.tags[1]: expected a string, found 1'],
    [{ text: 'a', tags: ['b', 'c', 'd'] }, 'params.tags: expected at most 2 items, found 3'],
    [{ text: 'a', cursor: {} }, 'params.cursor: expected a string, found an object'],
    [
      { text: 'a', later: 2 ** 53 },
      'params.later: expected an integer of at most 53 bits: the data model has no other numbers, found 9007199254740992',
    ],
  ])('[K3] [K8] are refused: %j', (params, message) => {
    expect(refusal(() => strict().params(FIND, params))).toBe(message)
  })

  test('are sent as they are, without defaults, where they are not checked', () => {
    const params = { limit: 1000 }
    expect(strict({ params: 'off' }).params(FIND, params)).toBe(params)
  })
})

describe('a name that every object has already', () => {
  const fields = { toString: { type: 'string' }, constructor: { type: 'integer', default: 3 } }
  const record = { type: 'object', properties: { ...fields, view: { type: 'ref', ref: '#view' } } }
  const check = validator([
    {
      lexicon: 1,
      id: 'com.example.odd',
      defs: { main: { type: 'record', key: 'any', record }, view: { type: 'object', properties: fields } },
    },
    {
      lexicon: 1,
      id: 'com.example.get',
      defs: { main: { type: 'query', parameters: { type: 'params', properties: fields } } },
    },
  ])

  test('can be missing from a record, deep in it too', () => {
    const odd = { $type: 'com.example.odd', view: {} }
    expect(check.findMistake('com.example.odd', odd)).toBeUndefined()
    expect(check.findMistake('com.example.odd', { ...odd, view: { toString: 1 } })).toMatchObject({
      field: 'record.view.toString',
    })
    expect(Object.getPrototypeOf(odd.view)).toBe(Object.prototype)
  })

  test('can be missing from parameters, and has its default there', () => {
    expect(check.params('com.example.get', {})).toEqual({ constructor: 3 })
    expect(refusal(() => check.params('com.example.get', { constructor: 'a' }))).toContain('params.constructor: ')
  })
})

describe('a field whose name has a slash or a blank', () => {
  const fields = { 'a b': { type: 'string' }, 'c/d': { type: 'integer' }, c: { type: 'ref', ref: '#inner' } }
  const list = { type: 'array', items: { type: 'ref', ref: '#inner' } }
  const defs = {
    main: { type: 'record', key: 'any', record: { type: 'object', properties: { ...fields, 'e/0': list } } },
    inner: {
      type: 'object',
      required: ['h i'],
      properties: { 'h i': { type: 'string' }, e: { type: 'integer' } },
    },
  }
  const check = validator([{ lexicon: 1, id: 'com.example.odd', defs }])

  test.each([
    [{ 'a b': 1 }, 'record["a b"]: expected a string, found 1'],
    [{ 'c/d': '1' }, 'record["c/d"]: expected an integer, found "1"'],
    [{ c: { 'h i': 'x', e: 'y' } }, 'record.c.e: expected an integer, found "y"'],
    [{ c: {} }, 'record.c["h i"]: expected a value, since it is required, found undefined'],
    [{ c: { 'h i': 'x' }, 'c/d': true }, 'record["c/d"]: expected an integer, found true'],
    [{ 'e/0': [{ 'h i': 'x' }, { 'h i': 2 }] }, 'record["e/0"][1]["h i"]: expected a string, found 2'],
    [{ 'e/0': 'x' }, 'record["e/0"]: expected an array, found "…"'],
  ])('is told: %j', (odd, message) => {
    expect(check.findMistake('com.example.odd', { $type: 'com.example.odd', ...odd })?.message).toBe(message)
  })
})

describe('inputs', () => {
  test('[K2] [K7] are checked, and not changed', () => {
    const input = { password: 'a', later: [1] }
    expect(refusal(() => strict().input('com.example.do', input))).toBeUndefined()
    expect(input).toEqual({ password: 'a', later: [1] })
  })

  test.each([
    [undefined, 'input: expected application/json, found undefined'],
    [{}, 'input.password: expected a value, since it is required, found undefined'],
    [null, 'input: expected an object, found null'],
    [[], 'input.password: expected a value, since it is required, found undefined'],
    [{ password: 'correct horse' }, 'input.password: expected at most 8 bytes of UTF-8, found 13'],
    [
      { password: 'a', count: 1.5 },
      'input.count: expected an integer of at most 53 bits: the data model has no other numbers, found 1.5',
    ],
    [{ password: 'a', at: new Map() }, 'input.at: expected a plain object, not a Map, found an object'],
  ])('are refused: %j', (input, message) => {
    expect(refusal(() => strict().input('com.example.do', input))).toBe(message)
  })

  test('[K10] take no blob of the old form, and none without bytes, though both are read', () => {
    expect(refusalOfImage(BLOB)).toBeUndefined()
    expect(refusalOfImage({ cid: LINK, mimeType: 'image/png' })).toBe(
      'input.image: expected a blob as `uploadBlob` gives it, not one of the old form, found an object',
    )
    expect(refusalOfImage({ ...BLOB, size: 0 })).toBe('input.image.size: expected at least 1 byte, found 0')
    for (const image of [
      { cid: LINK, mimeType: 'image/png' },
      { ...BLOB, size: 0 },
    ]) {
      expect(
        strict().findMistake('com.example.note', { $type: 'com.example.note', text: 'a', image }),
      ).toBeUndefined()
    }
  })

  test('are refused where the method takes none, or something else', () => {
    expect(refusal(() => strict().input('com.example.find', { a: 1 }))).toBe(
      'input: expected none, found "application/json"',
    )
    expect(refusal(() => strict().input('com.example.upload', { a: 1 }))).toBe(
      'input: expected video/*, found "application/json"',
    )
    expect(refusal(() => strict().input('com.example.find', undefined))).toBeUndefined()
  })

  test.each([
    ['com.example.upload', 'video/mp4', undefined],
    ['com.example.upload', 'Video/MP4; codecs=avc1', undefined],
    ['com.example.upload', 'image/png', 'input: expected video/*, found "image/png"'],
    ['com.example.upload', '', 'input: expected video/*, found ""'],
    ['com.example.do', 'text/plain', 'input: expected application/json, found "text/plain"'],
    ['com.example.find', 'video/mp4', 'input: expected none, found "video/mp4"'],
    ['com.example.unheard', 'video/mp4', undefined],
  ])('[J4] of %s are of the media type of the lexicon: %s', (nsid, encoding, message) => {
    expect(refusal(() => strict().inputEncoding(nsid, encoding))).toBe(message)
  })
})

describe('outputs', () => {
  test('[K2] [K7] are checked, and not changed', () => {
    const output = { found: [{}], later: 1 }
    expect(refusal(() => strict().output('com.example.find', output))).toBeUndefined()
    expect(output).toEqual({ found: [{}], later: 1 })
  })

  test.each([
    [undefined, 'output: expected application/json, found undefined'],
    [{ found: {} }, 'output.found: expected an array, found an object'],
    [{ found: [1] }, 'output.found[0]: expected an object, found 1'],
    [{}, 'output.found: expected a value, since it is required, found undefined'],
    [[], 'output.found: expected a value, since it is required, found undefined'],
  ])('are refused: %j', (output, message) => {
    expect(refusal(() => strict().output('com.example.find', output))).toBe(message)
  })

  test('are nobody’s business where the lexicon has none', () => {
    expect(refusal(() => strict().output('com.example.do', { a: 1.5 }))).toBeUndefined()
    expect(refusal(() => strict().output('com.example.do', undefined))).toBeUndefined()
  })

  test.each([
    ['com.example.upload', 'application/jsonl; charset=utf-8', undefined],
    ['com.example.upload', 'application/json', 'content-type: expected application/jsonl, found application/json'],
    ['com.example.upload', null, 'content-type: expected application/jsonl, found null'],
    ['com.example.do', 'text/plain', undefined],
  ])('[J4] of %s are of the media type of the lexicon: %s', (nsid, type, message) => {
    expect(refusal(() => strict().outputEncoding(nsid, type))).toBe(message)
  })

  test('[K15] can be nested as deep as a thread of a thousand replies, and no deeper than the stack is', () => {
    expect(refusal(() => strict().output('com.example.find', { found: [], thread: thread(1000) }))).toBeUndefined()
    expect(refusal(() => strict().output('com.example.find', { found: [], thread: thread(100_000) }))).toContain(
      'output: expected objects and arrays nested at most 1024 deep',
    )
    const deep: unknown = JSON.parse(
      JSON.stringify(thread(31)).replace('{}', `{"a":${JSON.stringify({ $link: LINK })}}`),
    )
    expect(refusal(() => strict().output('com.example.find', { found: [deep] }))).toBeUndefined()
    expect(refusal(() => strict().output('com.example.find', { found: [thread(32)] }))).toContain(
      'output.found[0]: expected objects and arrays nested at most 32 deep',
    )
  })
})

test('a path that is longer than a line is told by its start and its end', () => {
  const found = [JSON.parse(`${'{"reply":'.repeat(900)}0.5${'}'.repeat(900)}`) as unknown]
  const message = refusal(() => strict().output('com.example.find', { found })) ?? ''
  expect(message).toMatch(/^output\.found\[0\]\.reply\.reply[.\w]*….*\.reply: expected an integer/)
  expect(message.length).toBeLessThan(400)
})

test('nothing is looked at where a warning would reach nobody', () => {
  const output = {
    get found(): never {
      throw new Error('looked at')
    },
  }
  expect(refusal(() => validator(ALL).output('com.example.find', output))).toBeUndefined()
  const check = validator(ALL, { onEvent: () => {} })
  expect(() => check.output('com.example.find', output)).toThrow('looked at')
})

test('a method that no document has is not checked', () => {
  const check = strict()
  const params = { limit: {} }
  expect(check.params('com.example.unheard', params)).toBe(params)
  expect(refusal(() => check.input('com.example.unheard', { a: 1.5 }))).toBeUndefined()
  expect(refusal(() => check.output('com.example.unheard', 1.5))).toBeUndefined()
  expect(refusal(() => check.outputEncoding('com.example.unheard', null))).toBeUndefined()
  expect(check.params('com.example.note', params)).toBe(params)
})

test.each([
  ['options.params', { params: 'on' }],
  ['options.output', { output: null }],
  ['options.onEvent', { onEvent: 'log' }],
  ['options.outputs', { outputs: 'strict' }],
])('refuses %s that is none', (field, options) => {
  expect(refusal(() => validator(ALL, options as ValidatorOptions))).toContain(`${field}: expected `)
})
