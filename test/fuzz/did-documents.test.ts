import * as fc from 'fast-check'
import { expect } from 'vitest'
import { type DidDocument, fetchDidDocument } from '../../src/discovery/did-document.ts'
import { changed } from './arbitraries.ts'
import { type Answer, answerWith, isObject, type Json, nearly, objectIn, transportTo } from './documents.ts'
import { outcomeOfAsync } from './expectations.ts'
import { fuzzAsync } from './fuzz.ts'
import { isHandleByGrammar, toAsciiLowerCase } from './grammar.ts'
import { handle } from './names.ts'
import { authorityOf, hasForbiddenParts, isPlainOrigin, LOOPBACK_ORIGIN, writtenOrigin } from './urls.ts'

const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const TYPE = 'AtprotoPersonalDataServer'

const alias = fc.oneof(
  { arbitrary: handle.map((name) => `at://${name}`), weight: 3 },
  { arbitrary: changed(handle.map((name) => `at://${name}`)), weight: 3 },
  fc.constantFrom<unknown>(
    'at://ALICE.example.com',
    'at://ali\u212a.example.com',
    'at://\u0130.example.com',
    'https://a.example.com',
    'at://',
    7,
    null,
    {},
  ),
)
const service = fc.record({
  id: fc.constantFrom<unknown>(
    '#atproto_pds',
    '#atproto_pds',
    `${DID}#atproto_pds`,
    'did:plc:other#atproto_pds',
    'atproto_pds',
    '#atproto_labeler',
    7,
  ),
  type: fc.constantFrom<unknown>(TYPE, TYPE, TYPE, 'AtprotoLabeler', [TYPE]),
  serviceEndpoint: fc.oneof(
    { arbitrary: writtenOrigin, weight: 4 },
    { arbitrary: changed(writtenOrigin), weight: 2 },
    fc.constantFrom<unknown>(
      7,
      null,
      [],
      { uri: 'https://a.example.com' },
      'https://a.example.com/path',
      'http://a.example.com',
    ),
  ),
})
const list = <T>(item: fc.Arbitrary<T>) =>
  fc.array(fc.oneof({ arbitrary: item, weight: 8 }, fc.constantFrom(null, 'text', [])), { maxLength: 3 })
const document = fc
  .record({ alsoKnownAs: list(alias), service: list(service) })
  .chain((facts) =>
    nearly({ '@context': ['https://www.w3.org/ns/did/v1'], id: DID, verificationMethod: [], ...facts }),
  )

/** The first well-formed `at://` handle: A9. */
function claimedBy(facts: Json): string | undefined {
  const aliases = Array.isArray(facts['alsoKnownAs']) ? facts['alsoKnownAs'] : []
  for (const each of aliases) {
    if (typeof each !== 'string' || !each.startsWith('at://')) continue
    const name = toAsciiLowerCase(each.slice('at://'.length))
    if (isHandleByGrammar(name)) return name
  }
  return undefined
}

/** The endpoint of the first service that is a PDS: A15. */
function endpointIn(facts: Json): unknown {
  const services: readonly unknown[] = Array.isArray(facts['service']) ? facts['service'] : []
  for (const each of services) {
    if (!isObject(each) || each['type'] !== TYPE) continue
    if (each['id'] === '#atproto_pds' || each['id'] === `${DID}#atproto_pds`) return each['serviceEndpoint']
  }
  return undefined
}

function expectRight({ did, claimedHandle, pds }: DidDocument, facts: Json): void {
  expect(facts['id']).toBe(DID)
  expect(did).toBe(DID)
  expect(claimedHandle).toBe(claimedBy(facts))
  const endpoint = endpointIn(facts)
  if (typeof endpoint !== 'string') throw new Error('no endpoint')
  expect(hasForbiddenParts(endpoint)).toBe(false)
  expect(['', '/']).toContain(endpoint.slice(endpoint.indexOf('://') + 3 + authorityOf(endpoint).length))
  expect(pds === LOOPBACK_ORIGIN || pds.startsWith('https://')).toBe(true)
  expect(pds).toBe(new URL(endpoint).origin)
}

function expectWrong(
  { body, status }: Answer,
  error: { readonly code: string; readonly field?: string | undefined },
): void {
  if (status !== 200) {
    const codes: Readonly<Record<number, string>> = {
      404: 'did_not_found',
      410: 'did_tombstoned',
      301: 'redirected',
      302: 'redirected',
      307: 'redirected',
    }
    return expect(error.code).toBe(codes[status] ?? 'did_unresolved')
  }
  const facts = objectIn(body)
  expect(error.code).toBe('did_document_invalid')
  if (!facts) return expect(error.field).toBe('document')
  if (facts['id'] !== DID) return expect(error.field).toBe('id')
  expect(error.field).toBe('service #atproto_pds')
  const endpoint = endpointIn(facts)
  expect(typeof endpoint === 'string' && isPlainOrigin(endpoint)).toBe(false)
}

const bodies = answerWith(document.map((facts) => JSON.stringify(facts)))

fuzzAsync(
  '[A9] [A14] [A15] a DID document is taken as the specification reads it',
  10_000,
  bodies,
  async (answer) => {
    const directory = { transport: transportTo(answer), plcDirectory: 'https://plc.directory' }
    const outcome = await outcomeOfAsync(() => fetchDidDocument(directory, DID, {}))
    if ('error' in outcome) return expectWrong(answer, outcome.error)
    expect(answer.status).toBe(200)
    expectRight(outcome.value, objectIn(answer.body) ?? {})
  },
)
