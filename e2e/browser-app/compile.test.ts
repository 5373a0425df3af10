import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { ensureBrowserApp } from '../install.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const APP = join(ROOT, 'examples/browser-app')
const run = (program: string, ...input: readonly string[]) =>
  promisify(execFile)(join(ROOT, 'node_modules/.bin', program), input, { cwd: APP }).catch(
    (error: { stdout: string; stderr: string }) => error,
  )

beforeAll(async () => {
  await ensureBrowserApp()
  await run('tsc', '-b', join(ROOT, 'src/node'))
})

test('the app compiles against the built package', async () => {
  expect((await run('tsc', '-p', APP)).stdout).toBe('')
})

test("the app's types are those of its lexicon", async () => {
  const check = [join(ROOT, 'dist/cli/atproof.js'), 'types', 'lexicons', '--out', 'src/lexicons.ts', '--check']
  const { stderr } = await run('node', ...check)
  expect(stderr).toBe('')
})
