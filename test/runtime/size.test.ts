import { expect, test } from 'vitest'
import { type Measured, measure, measureFirstFiles } from './runtimes/measure.ts'

const KB = 1000
/** What a returning person's page may load before its first call. */
const MOST_TO_RESUME = 12 * KB
/** What it may load beside that where somebody signs in. */
const MOST_TO_SIGN_IN = 30 * KB
/** The first of these where a bundler splits: what later parts use too is not shaken out of the first files. */
const MOST_IN_FIRST_FILES = 14 * KB

/**
 * What is loaded for other things than signing in and refreshing: unusual calls, another account, a sign-out, and what says
 * why something failed.
 */
const NOT_FOR_IT = /call-parts|find-accounts|sign-out-parts|explain-|jose/
/** Node's own, and what stands in for it. */
const NODE = /(?:from|import\()\s*["']node:|process\.(?:env|versions)|\bBuffer\b/

const RESUME = new URL('entry-resume.ts', import.meta.url)
const resuming = () => measure(RESUME, () => false)
const signingIn = () => measure(new URL('entry-sign-in.ts', import.meta.url), (path) => !NOT_FOR_IT.test(path))

/** What to look at where a page has grown. */
function describeParts({ gzipBytes, parts }: Measured): string {
  const lines = parts.slice(0, 40).map(([path, bytes]) => `${String(bytes).padStart(7)} ${path}`)
  return `${gzipBytes} bytes compressed; before, by file:\n${lines.join('\n')}`
}

test('a returning person’s page stays small', async () => {
  const measured = await resuming()
  expect(measured.gzipBytes, describeParts(measured)).toBeLessThanOrEqual(MOST_TO_RESUME)
  expect(measured.text).toContain('com.atproto.repo.listRecords')
})

test('a page that a bundler splits begins with few files, and they are as small', async () => {
  const { files, gzipBytes } = await measureFirstFiles(RESUME)
  expect(files).toBeGreaterThan(1)
  expect(files).toBeLessThanOrEqual(4)
  expect(gzipBytes).toBeLessThanOrEqual(MOST_IN_FIRST_FILES)
})

test('what a sign-in loads beside it stays small', async () => {
  const [before, measured] = [await resuming(), await signingIn()]
  expect(measured.gzipBytes - before.gzipBytes, describeParts(measured)).toBeLessThanOrEqual(MOST_TO_SIGN_IN)
  expect(measured.text).toContain('authorization_servers')
})

test('a page loads nothing of Node, of schemas or of key formats before somebody signs in', async () => {
  const { text, parts } = await resuming()
  expect(text).not.toMatch(NODE)
  const foreign = parts.filter(
    ([path]) => path.includes('node_modules/') && !path.includes('node_modules/idb-keyval/'),
  )
  expect(foreign).toEqual([])
  expect((await signingIn()).text).not.toMatch(NODE)
})
