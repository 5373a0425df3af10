import { describe, expect, test } from 'vitest'
import { parseIdentifier } from '../../../src/discovery/identifier.ts'
import { IdentityError } from '../../../src/errors.ts'

const HANDLE = 'alice.example.com'
const DID = 'did:plc:abcdefghijklmnopqrstuvwx'
const OF_OTHERS =
  'type the handle, such as alice.example.com: an address with an @ within it is not of this network'
const NAMELESS = 'type the whole handle, such as alice.example.com'
const WHOLE_DID = "check that the whole DID was copied, or type the account's handle"
const SPELLING = 'check the spelling: a handle is a domain name such as alice.example.com'
const ALONE = 'type the handle alone, such as alice.example.com: it has neither blanks nor slashes'
const production = { allowLoopback: new Set<string>() }
const development = { allowLoopback: new Set(['http://localhost:2583']) }

async function refusalOf(typed: string, transport = production): Promise<IdentityError> {
  const error: unknown = await parseIdentifier(transport, typed).then(
    () => new Error('it was to be refused, and was taken'),
    (refusal: unknown) => refusal,
  )
  if (error instanceof IdentityError) return error
  throw error
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
  ])('[A1] [A2] %j is a handle', async (typed, kept) => {
    expect(await parseIdentifier(production, typed)).toEqual({ kind: 'handle', handle: HANDLE, typed: kept })
  })

  test.each([DID, ` ${DID}\u200B`, `\u202A${DID}`])('[A11] %j is a DID', async (typed) => {
    expect(await parseIdentifier(production, typed)).toEqual({ kind: 'did', did: DID, typed: DID })
  })

  test.each([
    'https://pds.example.com',
    'https://pds.example.com/',
    'HTTPS://PDS.example.com',
    ' https://pds.example.com:443/ ',
    '\u200Bhttps://pds.example.com\u200B',
  ])('[B11] %j is a server', async (typed) => {
    expect(await parseIdentifier(production, typed)).toEqual({ kind: 'server', origin: 'https://pds.example.com' })
  })

  test('[B11] a server may be at another port, and in development at exactly the origin that is allowed', async () => {
    expect(await parseIdentifier(production, 'https://pds.example.com:8443')).toMatchObject({
      origin: 'https://pds.example.com:8443',
    })
    expect(await parseIdentifier(development, 'http://localhost:2583/')).toMatchObject({
      origin: 'http://localhost:2583',
    })
    expect(await refusalOf('http://localhost:2584', development)).toMatchObject({ code: 'server_url_insecure' })
  })
})

describe('what is none of it is refused with its own code, and with what to type', () => {
  test.each(['', ' ', '@', ' @ ', '\u200B', '\u202A\u202C\n'])('[A1] nothing: %j', async (typed) => {
    expect(await refusalOf(typed)).toMatchObject({
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
    ['at://alice.local', 'type the handle itself, such as alice.example.com'],
  ])('[A1] a link: %s', async (typed, action) => {
    expect(await refusalOf(typed)).toMatchObject({ code: 'identifier_is_link', field: 'identifier', action })
  })

  test('[M5] the query of a link is not shown', async () => {
    expect((await refusalOf(`https://bsky.app/profile/${HANDLE}?token=hunter2`)).message).not.toContain('hunter2')
  })

  test.each(['alice@example.com', 'ALICE@mail.example.com ', 'a.b+c@d.e'])(
    '[A1] an e-mail address: %s',
    async (typed) => {
      expect(await refusalOf(typed)).toMatchObject({
        code: 'identifier_is_email',
        field: 'identifier',
        found: typed,
        action: 'type the handle, such as alice.example.com',
      })
    },
  )

  test.each([
    ['mailto:alice@example.com', 'type the handle, such as alice.example.com'],
    ['Mailto:alice@example.com?subject=hunter2', 'type the handle, such as alice.example.com'],
    ['<alice@example.com>', 'type the handle, such as alice.example.com'],
    ['acct:alice@example.com', OF_OTHERS],
    ['@alice@mastodon.social', OF_OTHERS],
    [' @alice@mastodon.social', OF_OTHERS],
  ])('[A1] an address with more around it, or of another network: %s', async (typed, action) => {
    const error = await refusalOf(typed)
    expect(error).toMatchObject({ code: 'identifier_is_email', field: 'identifier', action })
    expect(error.message).not.toContain('hunter2')
  })

  test.each([
    ['alice', 'alice'],
    ['@Alice', 'alice'],
    ['x-1', 'x-1'],
  ])('[A1] a name without its domain: %s', async (typed, word) => {
    expect(await refusalOf(typed)).toMatchObject({
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
  ])('[A1] no handle: %s', async (typed) => {
    expect(await refusalOf(typed)).toMatchObject({ code: 'handle_malformed', field: 'handle', found: typed })
  })

  test.each([
    [
      'localhost',
      'for development, type the URL of a server, such as http://localhost:2583, and name it in `allowLoopback`',
    ],
    ['onion', NAMELESS],
    ['TEST', NAMELESS],
    ['invalid', NAMELESS],
    ['-', NAMELESS],
    ['a'.repeat(64), NAMELESS],
  ])('[A1] [A3] a word that is not the name of anybody: %s', async (typed, action) => {
    expect(await refusalOf(typed)).toMatchObject({
      code: 'handle_incomplete',
      field: 'handle',
      found: typed,
      action,
    })
  })

  test('[A1] localhost, where a server there is allowed', async () => {
    for (const typed of ['localhost', 'localhost:2583']) {
      expect((await refusalOf(typed, development)).action).toBe('type http://localhost:2583')
    }
  })

  test.each([
    'alice.example.com.',
    '.alice.example.com',
    'alice.example.com,',
    'alice.example.com/',
    'alice.example.com…',
    '"alice.example.com"',
    "'alice.example.com'",
    '‹alice.example.com›',
    '<alice.example.com>',
    '‘alice.example.com’',
    '“@alice.example.com”',
    '(alice.example.com)',
    '(@Alice.Example.com)',
    '`alice.example.com`',
    '@@alice.example.com',
    '＠alice.example.com',
    'alice。example。com',
    'alice．example．com',
    'ａｌｉｃｅ．example.com',
    'alice,example.com',
    'alice，example，com',
    'alice、example、com',
    'alice. example.com',
    'alice example com',
    'Alice Smith\n@alice.example.com',
    'Alice Smith (@alice.example.com)',
  ])('[A1] [A2] a handle with what is no part of it: %j', async (typed) => {
    expect(await refusalOf(typed)).toMatchObject({
      code: 'handle_malformed',
      field: 'handle',
      found: typed,
      action: `type ${HANDLE}`,
    })
  })

  test.each([
    ['alice\u200B.example.com', '\\u200b', 'U+200B'],
    ['ali\u00ADce.example.com', '\\u00ad', 'U+00AD'],
    ['alice.\u202Eexample.com', '\\u202e', 'U+202E'],
    ['alice\uFEFF.example.com', '\\ufeff', 'U+FEFF'],
    ['alice\uFE0F.example.com', '\\ufe0f', 'U+FE0F'],
    ['alice\u3164.example.com', '\\u3164', 'U+3164'],
    ['alice\u{E0001}.example.com', '\\udb40\\udc01', 'U+E0001'],
  ])('[A1] a character that is not seen: %j', async (typed, shown, name) => {
    const error = await refusalOf(typed)
    expect(error).toMatchObject({
      code: 'handle_malformed',
      found: typed,
      action: `type ${HANDLE}: what was typed holds a character that is not seen (${name})`,
    })
    expect(error.message).toContain(`found "${typed.replace(/[^ -~]/gu, shown)}"`)
  })

  test('[A1] a character that is not seen, and more that is wrong', async () => {
    expect((await refusalOf('al_ice\u200B.example.com')).action).toBe(
      'type it by hand: what was typed holds a character that is not seen (U+200B)',
    )
  })

  test.each([
    ['alíce.example.com', 'U+00ED', 'xn--alce-wpa.example.com'],
    ['(alíce.example.com)', 'U+00ED', 'xn--alce-wpa.example.com'],
    ['\u0430lice.example.com', 'U+0430', 'xn--lice-43d.example.com'],
    ['💩.example.com', 'U+1F4A9', 'xn--ls8h.example.com'],
    ['alíce', 'U+00ED', 'xn--…'],
    ['al_íce.example.com:x', 'U+00ED', 'xn--…'],
  ])('[A1] [A2] letters beyond ASCII: %s', async (typed, letter, form) => {
    expect(await refusalOf(typed)).toMatchObject({
      code: 'handle_malformed',
      action:
        `a handle has ASCII letters, digits and hyphens, and ${letter} is none of them; ` +
        `type an internationalised name in its punycode form: ${form}`,
    })
  })

  test.each([
    ['alice..com', SPELLING],
    ['al_ice.example.com', SPELLING],
    ['_atproto.alice.example.com', SPELLING],
    ['alice-.example.com', SPELLING],
    ['alice.local.', SPELLING],
    ['alice.', 'type the whole handle, such as alice.bsky.social'],
    ['al ice.example.com', ALONE],
    ['Alice Smith', ALONE],
    ['alice.example.com, bob.example.com', ALONE],
    ['@alice.example.com @bob.example.com', ALONE],
    ['alice.example.com/path', ALONE],
    ['x.com/alice', ALONE],
    [
      'pds.example.com:8443',
      'type pds.example.com where this is a handle, or https://pds.example.com:8443 where it is a server',
    ],
    ['pds.example.com:99999', SPELLING],
    [
      'localhost:3000',
      'for development, type the URL of a server, such as http://localhost:3000, and name it in `allowLoopback`',
    ],
    [`"${DID}"`, `type ${DID}`],
    [`@${DID}`, `type ${DID}`],
    ['<https://pds.example.com>', 'type https://pds.example.com'],
  ])('[A1] no handle, and what to do about it: %s', async (typed, action) => {
    expect(await refusalOf(typed)).toMatchObject({ code: 'handle_malformed', field: 'handle', action })
  })

  test.each(['"https://alice:hunter2@pds.example.com/"', 'ftp://pds.example.com/?code=hunter2'])(
    '[M5] what a URL can hide is not shown: %s',
    async (typed) => {
      const error = await refusalOf(typed)
      expect(error.code).toBe('handle_malformed')
      expect(JSON.stringify([error, error.message])).not.toContain('hunter2')
    },
  )

  test('[A1] what is far too long, without looking into it', async () => {
    for (const typed of [' '.repeat(4097), `${' '.repeat(100_000)}x`]) {
      expect(await refusalOf(typed)).toMatchObject({
        code: 'identifier_malformed',
        expected: 'at most 4096 characters',
      })
    }
    expect(await refusalOf(' '.repeat(4096))).toMatchObject({ code: 'identifier_missing' })
  })

  test('[A4] the sentinel for a handle that is broken, in development too', async () => {
    for (const transport of [production, development]) {
      expect(await refusalOf('@Handle.Invalid', transport)).toMatchObject({
        code: 'handle_placeholder',
        found: 'handle.invalid',
        action: expect.stringContaining('DID'),
      })
    }
  })

  test.each(['alice.alt', 'alice.arpa', 'alice.example', 'alice.internal', 'alice.local', 'alice.onion'])(
    '[A3] a domain that is never resolved: %s',
    async (typed) => {
      expect(await refusalOf(typed, development)).toMatchObject({
        code: 'handle_reserved',
        found: typed,
        action: `type another handle of the account, or its DID: no name in ${typed.replace('alice', '')} is ever looked up`,
      })
    },
  )

  test('[A3] a test domain, but in development', async () => {
    expect(await refusalOf('alice.test')).toMatchObject({
      code: 'handle_reserved',
      action: expect.stringContaining('allowLoopback'),
    })
    expect(await parseIdentifier(development, 'alice.test')).toMatchObject({ handle: 'alice.test' })
  })

  test.each([
    [
      'http://pds.example.com',
      'type pds.example.com where this is a handle, or https://pds.example.com where it is a server',
    ],
    ['http://pds.example.com:8080', 'type https://pds.example.com:8080'],
    ['HTTP://x.com/alice', 'type the handle; the URL of a server begins with https:// and has no path'],
    ['http://localhost:2583', 'for development, name http://localhost:2583 in `allowLoopback`'],
    ['http://127.0.0.1:3000/', 'for development, name http://127.0.0.1:3000 in `allowLoopback`'],
    ['http://[::1]:3000', 'for development, name http://[::1]:3000 in `allowLoopback`'],
    ['http://pds.localhost', 'for development, name http://pds.localhost in `allowLoopback`'],
    ['http://localhost.example.com', expect.stringContaining('or https://localhost.example.com where')],
    ['http://127.example.com', expect.stringContaining('or https://127.example.com where')],
  ])('[B11] [J14] a server that is not https: %s', async (typed, action) => {
    expect(await refusalOf(typed)).toMatchObject({
      code: 'server_url_insecure',
      field: 'identifier',
      expected: 'https',
      action,
    })
  })

  test.each([
    ['https://pds.example.com/?a', 'https://pds.example.com/'],
    ['https://pds.example.com/#a', 'https://pds.example.com/'],
    ['https://alice:hunter2@pds.example.com', 'https://pds.example.com/'],
  ])('[B11] a server with more than its origin: %s', async (typed, found) => {
    const error = await refusalOf(typed)
    expect(error).toMatchObject({
      code: 'server_url_malformed',
      expected: 'https://pds.example.com',
      found,
      action: 'type https://pds.example.com',
    })
    expect(error.message).not.toContain('hunter2')
  })

  test.each(['https://x.com/alice', 'https://pds.example.com/xrpc', 'http://localhost:2583/xrpc'])(
    '[B11] a URL with a path, which may be somebody elsewhere: %s',
    async (typed) => {
      expect(await refusalOf(typed, development)).toMatchObject({
        code: 'server_url_malformed',
        expected: 'a handle, or a URL without a path',
        found: typed,
        action: 'type the handle; the URL of a server has no path',
      })
    },
  )

  test.each(['https://', 'https:', 'https://a b.example.com', 'https://[::1'])(
    '[B11] no URL: %s',
    async (typed) => {
      expect(await refusalOf(typed)).toMatchObject({
        code: 'identifier_malformed',
        field: 'identifier',
        found: typed,
        action: 'type a handle such as alice.example.com',
      })
    },
  )

  test.each([
    ['DID:plc:abcdefghijklmnopqrstuvwx', `type ${DID}`],
    ['did:plc:ABCDEFGHIJKLMNOPQRSTUVWX', `type ${DID}`],
    [`${DID},`, `type ${DID}`],
    [`${DID.slice(0, 12)}\u200B${DID.slice(12)}`, expect.stringMatching(`^type ${DID}: .*U\\+200B`)],
    ['did:plc:short', WHOLE_DID],
    ['did:web:', WHOLE_DID],
    ['did:web:älice.example.com', WHOLE_DID],
    ['did:', WHOLE_DID],
    ['DID:example:bob', WHOLE_DID],
  ])('[A11] no DID: %s', async (typed, action) => {
    expect(await refusalOf(typed)).toMatchObject({ code: 'did_malformed', field: 'did', found: typed, action })
  })

  test.each([
    ['did:example:bob', 'did:plc or did:web', /^type the account's handle, or its did:plc or did:web$/],
    ['did:web:example.com:u:alice', 'did:plc or did:web of a host alone', /^type the account's handle: .*path/],
    ['did:web:example.com%3A8443', 'did:plc or did:web of a host alone', /^type the account's handle: .*port/],
  ])('[A11] [A13] a DID that is well-formed and not supported: %s', async (typed, expected, action) => {
    const error = await refusalOf(typed)
    expect(error).toMatchObject({ code: 'did_unsupported', field: 'did', expected, found: typed })
    expect(error.action).toMatch(action)
  })
})
