import { expect, test, vi } from 'vitest'
import type { Identifier } from '../../../src/discovery/identifier.ts'
import { failureOf } from '../../conformance/scene.ts'

const production = { allowLoopback: new Set<string>() }

/** Something wrong for each code. What is secret of it says hunter2. */
const MISTAKES = [
  { code: 'identifier_missing', typed: ' ' },
  { code: 'identifier_malformed', typed: 'https://' },
  { code: 'identifier_is_link', typed: 'https://bsky.app/profile/alice.example.com?hunter2' },
  { code: 'identifier_is_email', typed: 'alice@example.com' },
  { code: 'server_url_insecure', typed: 'http://alice:hunter2@pds.example.com' },
  { code: 'server_url_malformed', typed: 'https://pds.example.com/?hunter2' },
  { code: 'handle_incomplete', typed: 'alice' },
  { code: 'handle_malformed', typed: '"https://alice:hunter2@pds.example.com"' },
  { code: 'handle_placeholder', typed: 'handle.invalid' },
  { code: 'handle_reserved', typed: 'alice.local' },
  { code: 'did_malformed', typed: 'did:plc:short' },
  { code: 'did_unsupported', typed: 'did:example:bob' },
]

/** Reads what was typed, in a page that has not loaded what explains mistakes, and may not be able to. */
async function inNewPage(isThere: boolean) {
  let loaded = 0
  vi.resetModules()
  vi.doMock(import('../../../src/discovery/explain-identifier.ts'), async (original) => {
    loaded += 1
    if (!isThere) throw new Error('the chunk is gone')
    return original()
  })
  const { parseIdentifier } = await import('../../../src/discovery/identifier.ts')
  return {
    parse: (typed: string): Promise<Identifier> => parseIdentifier(production, typed),
    hasLoaded: () => loaded > 0,
  }
}

test.each(['alice.example.com', 'did:plc:abcdefghijklmnopqrstuvwx', 'https://pds.example.com'])(
  '[A1] [A11] %s is taken without loading what explains mistakes',
  async (typed) => {
    const page = await inNewPage(false)
    expect(await page.parse(typed)).toHaveProperty('kind')
    expect(page.hasLoaded()).toBe(false)
  },
)

test.each(MISTAKES)('[A1] $code is explained once that was loaded', async ({ code, typed }) => {
  const page = await inNewPage(true)
  const error = await failureOf(page.parse(typed))
  expect(page.hasLoaded()).toBe(true)
  expect(error).toMatchObject({ name: 'IdentityError', code, retryable: false, expected: expect.any(String) })
  expect(error.found).toBeDefined()
  expect(error.action).toMatch(/^(?:type|check) /)
  expect(JSON.stringify([error, error.message])).not.toContain('hunter2')
})

test.each(MISTAKES)('[A1] [M5] $code is told by its code where that cannot be loaded', async ({ code, typed }) => {
  const page = await inNewPage(false)
  const error = await failureOf(page.parse(typed))
  expect(page.hasLoaded()).toBe(true)
  expect(error).toMatchObject({ name: 'IdentityError', code, retryable: false, found: undefined })
  expect(error.message).toMatch(
    /^(?:what was typed names no account and no server|(?:this|the handle) is (?:not|an e-mail) )/,
  )
  expect(error.action).toMatch(/^(?:type|check) /)
  expect(JSON.stringify([error, error.message, String(error.cause)])).not.toMatch(/hunter2|chunk/)
})

test('[A1] what explains mistakes has other words for each', async () => {
  const { parse } = await inNewPage(true)
  const errors = await Promise.all(MISTAKES.map(({ typed }) => failureOf(parse(typed))))
  expect(new Set(errors.map(({ message }) => message.replace(/ \(.*$/s, ''))).size).toBe(MISTAKES.length)
})
