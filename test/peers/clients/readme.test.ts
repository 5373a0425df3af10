import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const TSC = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url))
const README = new URL('../../../src/xrpc/README.md', import.meta.url)
/** Where the packages of the other libraries are found, and where nobody else compiles. */
const FOLDER = fileURLToPath(new URL('../node_modules/.readme', import.meta.url))

beforeAll(() => mkdir(FOLDER, { recursive: true }))
afterAll(() => rm(FOLDER, { recursive: true, force: true }))

// That these clients then work is the affair of clients.test.ts.
test('the snippet of the README with all three libraries compiles', async () => {
  const snippets = (await readFile(README, 'utf8')).matchAll(/```ts\n(.*?)```/gs)
  const codes = Array.from(snippets, ([, code = '']) => code)
  const snippet = codes.find((code) => code.includes('AtcuteClient')) ?? ''
  expect(snippet).toContain('new Agent(client)')
  await writeFile(
    `${FOLDER}/snippet.ts`,
    `import type { XrpcClient } from '../../../../src/index.ts'
declare const client: XrpcClient
${snippet}
export { agent, lex, rpc }
`,
  )
  const files = ['snippet.ts', '../../../../e2e/network/packages.d.ts']
  const config = { extends: '../../clients/tsconfig.json', include: [], files }
  await writeFile(`${FOLDER}/tsconfig.json`, JSON.stringify(config))
  const complaints = await new Promise<string>((resolve) => {
    execFile(TSC, ['-p', FOLDER], (_, stdout) => resolve(stdout))
  })
  expect(complaints).toBe('')
})
