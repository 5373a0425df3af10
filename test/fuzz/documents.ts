import * as fc from 'fast-check'
import type { Transport } from '../../src/http/transport.ts'
import { changed, garbage } from './arbitraries.ts'
import { development } from './urls.ts'

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** A body, and the headers and status that it comes with. */
export interface Answer {
  readonly body: string
  readonly status: number
  readonly contentType: string
}

/** What throws where it is made into a text. */
export const HOSTILE_OBJECT = { toString: null, valueOf: null }

const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    false,
    0,
    -1,
    '',
    'none',
    'code',
    'ES256',
    [],
    {},
    [[]],
    [null],
    ['none'],
    'true',
    HOSTILE_OBJECT,
  ),
  fc.jsonValue({ maxDepth: 2 }),
)

/** A document that is as it should be, or has one or two of its fields changed. */
export function nearly(document: Json, names: readonly string[] = []): fc.Arbitrary<Json> {
  const fields = fc.constantFrom(
    ...new Set([...Object.keys(document), ...names, '__proto__', 'constructor', 'toString']),
  )
  const change = fields.chain((name) => changedValue(document[name]).map((value) => ({ name, value })))
  return fc.array(change, { maxLength: 2 }).map((changes) => changes.reduce(withField, document))
}

/** Any JSON at all, and what only looks like it. */
export const anyBody: fc.Arbitrary<string> = fc.oneof(
  fc.json(),
  garbage,
  fc.constantFrom(
    '',
    '{',
    '[]',
    'null',
    '"{}"',
    '\ufeff{}',
    '{"__proto__":{"issuer":1}}',
    '{"a":1}{}',
    '{"a":1,}',
    '[[[[[[',
  ),
)

/** An answer with a body of these, mostly as it should be. */
export function answerWith(body: fc.Arbitrary<string>): fc.Arbitrary<Answer> {
  const contentType = fc.oneof(
    { arbitrary: fc.constant('application/json'), weight: 8 },
    fc.constantFrom(
      'Application/JSON; charset=utf-8',
      'text/html',
      'application/jsonx',
      'xapplication/json',
      'application/json-seq',
      'text/json',
      'application/ld+json',
      'application/json;',
      'application/json x',
      '',
    ),
  )
  const status = fc.oneof(
    { arbitrary: fc.constant(200), weight: 12 },
    fc.constantFrom(201, 203, 206, 301, 302, 307, 400, 401, 404, 408, 410, 429, 500, 503),
  )
  return fc.record({
    body: fc.oneof({ arbitrary: body, weight: 8 }, { arbitrary: anyBody, weight: 1 }),
    status,
    contentType,
  })
}

/** The object of a body that is well-formed JSON. */
export function objectIn(body: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(new TextEncoder().encode(body)))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a media type is `application/json`, by hand. */
export function isJsonType(contentType: string): boolean {
  const [type = ''] = contentType.split(';')
  return type.trim().toLowerCase() === 'application/json'
}

/** How requests leave that are all given the same answer. */
export function transportTo({ body, status, contentType }: Answer): Transport {
  return {
    fetch: async () => new Response(body, { status, headers: { 'content-type': contentType } }),
    clock: { now: () => 0, monotonic: () => 0, sleep: () => new Promise<void>(() => {}) },
    isUnsent: () => false,
    guard: () => {},
    ...development,
  }
}

function changedValue(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value === 'string') return fc.oneof(anyValue, changed(fc.constant(value)), fc.constant([value]))
  if (!Array.isArray(value)) return anyValue
  const items: readonly unknown[] = value
  const at = fc.nat(Math.max(0, items.length - 1))
  return fc.oneof(
    anyValue,
    at.map((index) => items.filter((_, other) => other !== index)),
    fc
      .tuple(
        at,
        at.chain((index) => changedValue(items[index])),
      )
      .map(([index, item]) => items.map((other, place) => (place === index ? item : other))),
    anyValue.map((item) => [...items, item]),
    anyValue.map((item) => [item].concat(items)),
    fc.constant([...items, ...items]),
    fc.constant(items.filter((item) => typeof item === 'string').join(' ')),
  )
}

function withField(document: Json, { name, value }: { readonly name: string; readonly value: unknown }): Json {
  const changedDocument = { ...document }
  Object.defineProperty(changedDocument, name, { value, enumerable: true, writable: true, configurable: true })
  return changedDocument
}
