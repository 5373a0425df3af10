import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('bare-call.ts', import.meta.url))
const SOURCE = new URL('../../src/', import.meta.url)
const LEXICON = /\/node_modules\/(?:@atproto\/lexicon|@atproto\/syntax|multiformats|zod)\/|\/src\/lexicon/
/** What there is of types alone: the registry, and what fills it. */
const TYPES = /\/src\/(?:registry|xrpc\/(?:registry|com-atproto|data-model))\.ts$/

interface Report {
  readonly bareCall: readonly string[]
  readonly all: readonly string[]
}

let report: Report

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=atproof-source', PROGRAM])
  report = JSON.parse(stdout) as Report
})

/** All that a bundler would take of a face: whatever it imports, `import()` included, and what that imports. */
async function reachableFrom(face: string): Promise<readonly string[]> {
  const seen = new Set<string>()
  const visit = async (url: string): Promise<void> => {
    if (seen.has(url)) return
    seen.add(url)
    if (!url.startsWith('file:')) return
    const text = await readFile(new URL(url), 'utf8')
    for (const [, isType, name = ''] of text.matchAll(IMPORT)) {
      if (!isType) await visit(name.startsWith('.') ? new URL(name, url).href : name)
    }
  }
  await visit(new URL(face, SOURCE).href)
  return [...seen]
}

/** An import or export of another module, its name last. What begins with `type` is gone when it runs. */
const IMPORT = /(?:^(?:import|export) (type )?(?:[^'`;]*? from )?|import\()'([^']+)'/gm

test('a call costs nothing at run time for its types, and loads nothing of the lexicons', () => {
  expect(report.bareCall.some((url) => url.endsWith('/src/xrpc/xrpc-client.ts'))).toBe(true)
  expect(report.bareCall.filter((url) => TYPES.test(url))).toEqual([])
  expect(report.bareCall.filter((url) => LEXICON.test(url))).toEqual([])
})

test('a validator loads @atproto/lexicon, so that the test above can fail', () => {
  expect(report.all.some((url) => url.includes('/node_modules/@atproto/lexicon/'))).toBe(true)
  expect(report.all.some((url) => url.endsWith('/src/lexicon/validator.ts'))).toBe(true)
})

test.each([
  'index.ts',
  'node.ts',
  'flow.ts',
  'discovery.ts',
  'testing.ts',
  'redis.ts',
  'postgres.ts',
  'registry.ts',
])('a bundle of %s has nothing of @atproto/lexicon in it', async (face) => {
  const modules = await reachableFrom(face)
  expect(modules.filter((name) => name === '@atproto/lexicon' || name.includes('/src/lexicon'))).toEqual([])
})

test('a bundle of lexicon.ts has @atproto/lexicon in it, no Node built-in, and nothing of OAuth', async () => {
  const modules = await reachableFrom('lexicon.ts')
  expect(modules).toContain('@atproto/lexicon')
  expect(modules.filter((name) => name.startsWith('node:') || name === 'undici')).toEqual([])
  expect(modules.filter((name) => /\/src\/(?:flow|dpop|session|storage|discovery)\//.test(name))).toEqual([])
})

test('a bundle of index.ts has the rooms that are loaded late, so that the tests above can fail', async () => {
  const modules = await reachableFrom('index.ts')
  expect(modules.some((name) => name.endsWith('/src/flow/authorize.ts'))).toBe(true)
  expect(modules).toContain('jose')
})
