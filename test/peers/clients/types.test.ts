import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const TSC = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url))
const FOLDER = fileURLToPath(new URL('.', import.meta.url))

test('our client fits the types of the other libraries, without a cast', async () => {
  const complaints = await new Promise<string>((resolve) => {
    execFile(TSC, ['-p', FOLDER], (_, stdout) => resolve(stdout))
  })
  expect(complaints).toBe('')
}, 120_000)
