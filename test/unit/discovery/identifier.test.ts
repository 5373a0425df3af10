import { describe, expect, test } from 'vitest'
import { parseIdentifier } from '../../../src/discovery/identifier.ts'
import { IdentityError } from '../../../src/errors.ts'

const HANDLE = 'alice.example.com'
const DID = 'did:plc:abcdefghijklmnopqrstuvwx'
const production = { allowLoopback: new Set<string>() }
const development = { allowLoopback: new Set(['http://localhost:2583']) }

function refusalOf(typed: string, transport = production): IdentityError {
  try {
    parseIdentifier(transport, typed)
  } catch (error) {
    if (error instanceof IdentityError) return error
    throw error
  }
  throw new Error('it was to be refused, and was taken')
}

describe('what people type', () => {
  test.each([
    [HANDLE, HANDLE],
    [`@${HANDLE}`, HANDLE],
    ['@Alice.Example.COM', 'Alice.Example.COM'],
    [`  ${HANDLE}\n`, HANDLE],
    [`\t@ ${HANDLE}`, HANDLE],
    [`\u202A${HANDLE}\u202C`, HANDLE],
    [`@\u200B${HANDLE}\u200B`, HANDLE],
    [`\uFEFF@${HANDLE}`, HANDLE],
    [`\u2068@${HANDLE}\u2069 `, HANDLE],
    [`\u00A0\u00AD${HANDLE}\u2060`, HANDLE],
  ])('[A1] [A2] %j is a handle', (typed, kept) => {
    expect(parseIdentifier(production, typed)).toEqual({ kind: 'handle', handle: HANDLE, typed: kept })
  })

  test.each([DID, ` ${DID}\u200B`, `\u202A${DID}`])('[A11] %j is a DID', (typed) => {
    expect(parseIdentifier(production, typed)).toEqual({ kind: 'did', did: DID, typed: DID })
  })

  test.each([
    'https://pds.example.com',
    'https://pds.example.com/',
    'HTTPS://PDS.example.com',
    ' https://pds.example.com:443/ ',
    '\u200Bhttps://pds.example.com\u200B',
  ])('[B11] %j is a server', (typed) => {
    expect(parseIdentifier(production, typed)).toEqual({ kind: 'server', origin: 'https://pds.example.com' })
  })

  test('[B11] a server may be at another port, and in development at exactly the origin that is allowed', () => {
    expect(parseIdentifier(production, 'https://pds.example.com:8443')).toMatchObject({
      origin: 'https://pds.example.com:8443',
    })
    expect(parseIdentifier(development, 'http://localhost:2583/')).toMatchObject({
      origin: 'http://localhost:2583',
    })
    expect(refusalOf('http://localhost:2584', development)).toMatchObject({ code: 'server_url_insecure' })
  })
})

describe('what is none of it is refused with its own code, and with what to type', () => {
  test.each(['', ' ', '@', ' @ ', '\u200B', '\u202A\u202C\n'])('[A1] nothing: %j', (typed) => {
    expect(refusalOf(typed)).toMatchObject({
      code: 'identifier_missing',
      field: 'identifier',
      found: typed,
      action: 'type a handle such as alice.example.com',
      retryable: false,
    })
  })

  test.each([
    [`https://bsky.app/profile/${HANDLE}`, `type ${HANDLE}`],
    [`https://bsky.app/profile/${HANDLE}/post/3k2a`, `type ${HANDLE}`],
    [`https://bsky.app/profile/@Alice.Example.com?x=1`, `type ${HANDLE}`],
    [`http://deer.social/profile/${HANDLE}#posts`, `type ${HANDLE}`],
    [`bsky.app/profile/${HANDLE}`, `type ${HANDLE}`],
    [`@bsky.app/profile/${HANDLE}`, `type ${HANDLE}`],
    [`BSKY.app/Profile/${HANDLE}`, `type ${HANDLE}`],
    [`https://bsky.app/profile/${DID}`, `type ${DID}`],
    [`at://${HANDLE}`, `type ${HANDLE}`],
    [`AT://${HANDLE}/app.bsky.feed.post/3k2a`, `type ${HANDLE}`],
    [`at://${DID}/app.bsky.actor.profile/self`, `type ${DID}`],
    ['https://bsky.app/profile/', 'type the handle itself, such as alice.example.com'],
    ['https://bsky.app/profile/alice', 'type the handle itself, such as alice.example.com'],
    ['at://', 'type the handle itself, such as alice.example.com'],
  ])('[A1] a link: %s', (typed, action) => {
    expect(refusalOf(typed)).toMatchObject({ code: 'identifier_is_link', field: 'identifier', action })
  })

  test('[M5] the query of a link is not shown', () => {
    expect(refusalOf(`https://bsky.app/profile/${HANDLE}?token=hunter2`).message).not.toContain('hunter2')
  })

  test.each(['alice@example.com', 'ALICE@mail.example.com ', 'a.b+c@d.e'])(
    '[A1] an e-mail address: %s',
    (typed) => {
      expect(refusalOf(typed)).toMatchObject({
        code: 'identifier_is_email',
        field: 'identifier',
        found: typed,
        action: 'type the handle, such as alice.example.com',
      })
    },
  )

  test.each([
    ['alice', 'alice'],
    ['@Alice', 'alice'],
    ['x-1', 'x-1'],
  ])('[A1] a name without its domain: %s', (typed, word) => {
    expect(refusalOf(typed)).toMatchObject({
      code: 'handle_incomplete',
      field: 'handle',
      found: typed,
      action: `type the whole handle, such as ${word}.bsky.social`,
    })
  })

  test.each([
    [`${HANDLE}.`],
    [`@@${HANDLE}`],
    ['älice.example.com'],
    ['al_ice'],
    ['alice@'],
    ['alice@example'],
    ['al\u200Bice.example.com'],
    ['al ice.example.com'],
    [`mailto:${HANDLE}`],
    [`ftp://${HANDLE}`],
    [`@${DID}`],
  ])('[A1] no handle: %s', (typed) => {
    expect(refusalOf(typed)).toMatchObject({ code: 'handle_malformed', field: 'handle', found: typed })
  })

  test('[A1] what is far too long, without looking into it', () => {
    for (const typed of [' '.repeat(4097), `${' '.repeat(100_000)}x`]) {
      expect(refusalOf(typed)).toMatchObject({ code: 'identifier_malformed', expected: 'at most 4096 characters' })
    }
    expect(refusalOf(' '.repeat(4096))).toMatchObject({ code: 'identifier_missing' })
  })

  test('[A4] the sentinel for a handle that is broken, in development too', () => {
    for (const transport of [production, development]) {
      expect(refusalOf('@Handle.Invalid', transport)).toMatchObject({
        code: 'handle_placeholder',
        found: 'handle.invalid',
        action: expect.stringContaining('DID'),
      })
    }
  })

  test.each(['alice.alt', 'alice.arpa', 'alice.example', 'alice.internal', 'alice.local', 'alice.onion'])(
    '[A3] a domain that is never resolved: %s',
    (typed) => {
      expect(refusalOf(typed, development)).toMatchObject({
        code: 'handle_reserved',
        found: typed,
        action: undefined,
      })
    },
  )

  test('[A3] a test domain, but in development', () => {
    expect(refusalOf('alice.test')).toMatchObject({
      code: 'handle_reserved',
      action: expect.stringContaining('allowLoopback'),
    })
    expect(parseIdentifier(development, 'alice.test')).toMatchObject({ handle: 'alice.test' })
  })

  test.each([
    ['http://pds.example.com', 'type https://pds.example.com'],
    ['HTTP://pds.example.com/xrpc', 'type https://pds.example.com'],
    ['http://localhost:2583', 'for development, name http://localhost:2583 in `allowLoopback`'],
    ['http://127.0.0.1:3000/', 'for development, name http://127.0.0.1:3000 in `allowLoopback`'],
    ['http://[::1]:3000', 'for development, name http://[::1]:3000 in `allowLoopback`'],
    ['http://pds.localhost', 'for development, name http://pds.localhost in `allowLoopback`'],
    ['http://localhost.example.com', 'type https://localhost.example.com'],
    ['http://127.example.com', 'type https://127.example.com'],
  ])('[B11] [J14] a server that is not https: %s', (typed, action) => {
    expect(refusalOf(typed)).toMatchObject({
      code: 'server_url_insecure',
      field: 'identifier',
      expected: 'https',
      action,
    })
  })

  test.each([
    ['https://pds.example.com/xrpc', 'https://pds.example.com/xrpc'],
    ['https://pds.example.com/?a', 'https://pds.example.com/'],
    ['https://pds.example.com/#a', 'https://pds.example.com/'],
    ['https://alice:hunter2@pds.example.com', 'https://pds.example.com/'],
  ])('[B11] a server with more than its origin: %s', (typed, found) => {
    const error = refusalOf(typed)
    expect(error).toMatchObject({
      code: 'server_url_malformed',
      expected: 'https://pds.example.com',
      found,
      action: 'type https://pds.example.com',
    })
    expect(error.message).not.toContain('hunter2')
  })

  test('[B11] a path on an origin that is allowed in development, too', () => {
    expect(refusalOf('http://localhost:2583/xrpc', development)).toMatchObject({
      code: 'server_url_malformed',
      action: 'type http://localhost:2583',
    })
  })

  test.each(['https://', 'https:', 'https://a b.example.com', 'https://[::1'])('[B11] no URL: %s', (typed) => {
    expect(refusalOf(typed)).toMatchObject({ code: 'identifier_malformed', field: 'identifier', found: typed })
  })

  test.each([
    ['DID:plc:abcdefghijklmnopqrstuvwx', `type ${DID}`],
    ['did:plc:ABCDEFGHIJKLMNOPQRSTUVWX', `type ${DID}`],
    ['did:plc:short', undefined],
    ['did:', undefined],
    ['DID:example:bob', undefined],
  ])('[A11] no DID: %s', (typed, action) => {
    expect(refusalOf(typed)).toMatchObject({ code: 'did_malformed', field: 'did', found: typed, action })
  })

  test('[A11] a DID of a method that is not supported', () => {
    expect(refusalOf('did:example:bob')).toMatchObject({ code: 'did_unsupported', expected: 'did:plc or did:web' })
  })
})
