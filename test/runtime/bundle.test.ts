import { expect, test } from 'vitest'
import { bundle } from './runtimes/bundle.ts'

/** What a page that begins with a file would load. */
function bundleForBrowsers(entry: URL): Promise<string> {
  return bundle(entry, { platform: 'browser', conditions: ['browser'] })
}

/** What stands in @atproto/lexicon and in what it needs, and nowhere else. */
const LEXICON = ['should be a blob ref', 'base58btc', 'ZodError']

test('a bundle without a validator has nothing of @atproto/lexicon in it', async () => {
  const text = await bundleForBrowsers(new URL('entry-call.ts', import.meta.url))
  expect(text).toContain('com.atproto.server.describeServer')
  expect(LEXICON.filter((mark) => text.includes(mark))).toEqual([])
})

test('a bundle with a validator has it, and needs nothing that browsers lack', async () => {
  const text = await bundleForBrowsers(new URL('entry-validator.ts', import.meta.url))
  expect(LEXICON.filter((mark) => text.includes(mark))).toEqual(LEXICON)
  expect(text).not.toMatch(/from\s*["']node:/)
})
