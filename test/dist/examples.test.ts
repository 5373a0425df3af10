import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

let project: string
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'atproof-example-'))
  await mkdir(join(project, 'node_modules/@types'), { recursive: true })
  await symlink(ROOT, join(project, 'node_modules/atproof'))
  for (const name of ['@types/node', 'undici-types']) {
    await symlink(join(ROOT, 'node_modules', name), join(project, 'node_modules', name))
  }
})
afterEach(() => rm(project, { recursive: true, force: true }))

/** Copies an example into the project, and gives what the compiler complains of. */
async function compileExample(name: string): Promise<string> {
  await cp(join(ROOT, 'examples', name), project, {
    recursive: true,
    // Of whoever tried the example here.
    filter: (path) => !path.includes('node_modules', ROOT.length),
  })
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
  }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const { stdout } = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project]).catch(
    (error: { stdout: string }) => error,
  )
  return stdout
}

test('examples/testing-your-app compiles against the built package, and its tests pass', async () => {
  expect(await compileExample('testing-your-app')).toBe('')
  // As its package.json says; a test runner around this one must not speak to that one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await run(process.execPath, ['--test'], { cwd: project, env })
  expect(stdout).toMatch(/pass 6\n.*fail 0/s)
})

test('examples/node-bot compiles against the built package', async () => {
  expect(await compileExample('node-bot')).toBe('')
})
