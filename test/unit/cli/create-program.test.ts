import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { runProgram } from './scene.ts'

const ATPROOF = fileURLToPath(new URL('../../../src/cli/atproof.ts', import.meta.url))
const run = promisify(execFile)

test('--help names the commands', async () => {
  const { code, out, errors } = await runProgram(['--help'])
  expect([code, errors]).toStrictEqual([0, []])
  expect(out.join('\n')).toMatch(/^Usage: atproof .*types \[options\] <folder>/s)
})

test('types --help says what each word means, with an example', async () => {
  const { code, out } = await runProgram(['types', '--help'])
  expect(code).toBe(0)
  expect(out.join('\n')).toMatch(/--out <file>.*--check.*\$ npx atproof types lexicons --out src\/lexicons\.ts/s)
})

test('--version is that of the package', async () => {
  const { version }: { version: string } = JSON.parse(
    await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
  )
  expect(await runProgram(['--version'])).toStrictEqual({ code: 0, out: [version], errors: [] })
})

test.each([
  [['types', '--out', 'x.ts'], /^error: missing required argument 'folder'/],
  [['types', 'lexicons'], /^error: required option '--out <file>' not specified/],
  [['types', 'lexicons', '--out'], /^error: option '--out <file>' argument missing/],
  [['types', 'lexicons', 'more', '--out', 'x.ts'], /^error: too many arguments/],
  [['tpyes'], /^error: unknown command 'tpyes'/],
  [[], /^Usage: atproof /],
])('%j fails, and says why', async (args, why) => {
  const { code, out, errors } = await runProgram(args)
  expect([code, out]).toStrictEqual([1, []])
  expect(errors.join('\n')).toMatch(why)
})

test('runs as a program, whose exit code says how it went', async () => {
  const node = ['--conditions=atproof-source', ATPROOF]
  const { stdout } = await run(process.execPath, [...node, '--version'])
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  await expect(run(process.execPath, [...node, 'types', 'nowhere', '--out', 'x.ts'])).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'error: the folder nowhere cannot be read: it does not exist\n',
  })
})
