import * as reference from '@atproto/did'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { fetchDidDocument } from '../../src/discovery/did-document.ts'
import { systemClock } from '../../src/http/clock.ts'
import { isAtprotoDid, isDidWeb } from '../../src/syntax/account-did.ts'
import * as own from '../../src/syntax/did.ts'
import { endless, hostile } from './arbitraries.ts'
import { expectQuick, outcomeOfAsync } from './expectations.ts'
import { fuzz, fuzzAsync } from './fuzz.ts'
import { isDidByGrammar, isDidPlcByGrammar, isHandleByGrammar, isNumberIn, isPublicHost } from './grammar.ts'
import { anyDid, didLocalhost, didPlc, didWeb } from './names.ts'

const did = fc.oneof(didPlc, didWeb, didLocalhost, anyDid)
const WEB = 'did:web:'

fuzz(
  '[A11] [A12] [A13] a DID of an account is a did:plc, or a did:web without a path',
  10_000,
  hostile(did),
  (text) => {
    const isAccepted = isAtprotoDid(text)
    const host = text.startsWith(WEB) ? text.slice(WEB.length) : ''
    if (isDidPlcByGrammar(text) || (isHandleByGrammar(host) && isDidByGrammar(text))) expect(isAccepted).toBe(true)
    if (!isAccepted) return
    expect(isDidByGrammar(text)).toBe(true)
    if (text.startsWith('did:plc:')) return expect(isDidPlcByGrammar(text)).toBe(true)
    expect(text.startsWith(WEB)).toBe(true)
    expect(host).not.toContain(':')
    if (!host.startsWith('localhost')) expect(host).not.toContain('%3A')
  },
)

/** DIDs, and what is nearly one: percent signs, colons and ports in any place. */
const nearlyDid = fc.oneof(
  hostile(did),
  fc.string({
    unit: fc.constantFrom(
      'did:',
      'web:',
      'plc:',
      'localhost',
      'a',
      'Z',
      '0',
      '.',
      '-',
      '_',
      ':',
      '%3A',
      '%3a',
      '%',
      '/',
      '\n',
      'é',
    ),
    maxLength: 12,
  }),
)

fuzz('[A11] [A12] [A13] a DID is what @atproto/did takes for one', 20_000, nearlyDid, (text) => {
  expect([own.isDid(text), isDidWeb(text), isAtprotoDid(text)]).toEqual([
    reference.isDid(text),
    reference.isDidWeb(text),
    reference.isAtprotoDid(text),
  ])
})

fuzz('[A11] only text is a DID', 300, fc.anything(), (value) => {
  if (typeof value !== 'string') expect(isAtprotoDid(value)).toBe(false)
})

const DIRECTORY = 'https://plc.example.net'
const LOOPBACK = 'http://localhost:2583'

/** Where the document of a DID is, by the rules of its method. Undefined where it must not be asked for. */
function documentUrlByGrammar(text: string): string | undefined {
  if (isDidPlcByGrammar(text)) return `${DIRECTORY}/${text}`
  if (!text.startsWith(WEB)) return undefined
  const [host = '', port, ...more] = text.slice(WEB.length).split('%3A')
  if (port === undefined && isPublicHost(host.toLowerCase())) {
    return `https://${host.toLowerCase()}/.well-known/did.json`
  }
  const isOurs = host === 'localhost' && more.length === 0 && port !== undefined && isNumberIn(port, 2583, 2583)
  return isOurs ? `${LOOPBACK}/.well-known/did.json` : undefined
}

const fetchedDid = fc.oneof(
  did,
  fc.constant('did:web:localhost%3A2583'),
  didWeb.map((text) => text.toUpperCase().replace('DID:WEB', 'did:web')),
)

fuzzAsync(
  '[A12] [A13] the document of a DID is asked for in one place or not at all',
  4000,
  hostile(fetchedDid),
  async (text) => {
    if (!isDid(text)) return
    const asked: string[] = []
    const transport = {
      fetch: async (url: string) => {
        asked.push(url)
        return new Response(null, { status: 404 })
      },
      clock: { ...systemClock, sleep: () => new Promise<void>(() => {}) },
      allowLoopback: new Set([LOOPBACK]),
      isUnsent: () => false,
      guard: () => {},
    }
    const directory = { transport, plcDirectory: DIRECTORY, resolveTxt: async () => [], handleResolver: undefined }
    const outcome = await outcomeOfAsync(() => fetchDidDocument(directory, text, {}))
    const expected = documentUrlByGrammar(text)
    expect(asked).toEqual(expected === undefined ? [] : [expected])
    const code = expected === undefined ? 'did_unsupported' : 'did_not_found'
    expect(outcome).toMatchObject({ error: { name: 'IdentityError', code } })
  },
)

function isDid(text: string): text is own.Did {
  return isAtprotoDid(text)
}

const piece = fc.oneof(did, fc.constantFrom(':', '%3A', '%', 'a', '.', 'did:', 'a-', '%41'))

fuzz('[A11] a DID of a megabyte is refused at once', 60, endless(piece), (text) => {
  expectQuick(() => {
    for (const prefix of ['', WEB, 'did:plc:', 'did:web:localhost%3A'])
      expect(isAtprotoDid(prefix + text)).toBe(false)
  })
})
