import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let house: string
beforeEach(async () => {
  house = await mkdtemp(join(tmpdir(), 'atproof-floors-'))
  await copyFile(join(ROOT, '.oxlintrc.json'), join(house, '.oxlintrc.json'))
})
afterEach(() => rm(house, { recursive: true, force: true }))

/** What the linter says of one file in a house of its own. */
async function lint(file: string, code: string): Promise<string> {
  await mkdir(join(house, dirname(file)), { recursive: true })
  await writeFile(join(house, file), code)
  return new Promise((resolve) => {
    execFile(join(ROOT, 'node_modules/.bin/oxlint'), ['src'], { cwd: house }, (_, stdout) => resolve(stdout))
  })
}

test.each([
  ['up', 'src/dpop/a.ts', `import { refresh } from '../session/refresh.ts'\nrefresh()\n`, 'dpop/ stands on'],
  [
    'sideways',
    'src/xrpc/a.ts',
    `import type { DpopKey } from '../dpop/key.ts'\nexport type A = DpopKey\n`,
    'xrpc/ stands on',
  ],
  [
    'up by import()',
    'src/flow/a.ts',
    `export const a = () => import('../session/refresh.ts')\n`,
    'flow/ stands on',
  ],
  [
    'up from a folder inside a room',
    'src/flow/client/a.ts',
    `import { refresh } from '../../session/refresh.ts'\nrefresh()\n`,
    'flow/ stands on',
  ],
  [
    'up from a folder on the ground floor',
    'src/syntax/scopes/a.ts',
    `import type { Clock } from '../../http/clock.ts'\nexport type A = Clock\n`,
    'syntax/ stands on',
  ],
  ['up by export from', 'src/http/a.ts', `export { a } from '../flow/authorize.ts'\n`, 'http/ stands on'],
  ['a schema on the light path', 'src/session/a.ts', `import { z } from 'zod'\nz()\n`, 'own place'],
  [
    'a Node built-in in the core',
    'src/http/a.ts',
    `import { readFile } from 'node:fs'\nreadFile()\n`,
    'own place',
  ],
  ['what only a browser has', 'src/session/a.ts', `export const a = () => window.location\n`, 'names no runtime'],
  ['what only Node has', 'src/session/a.ts', `export const a = () => process.env\n`, 'names no runtime'],
  ['a runtime by its global', 'src/http/a.ts', `export const a = () => globalThis.x\n`, 'names no runtime'],
  ['a timer beside the clock', 'src/http/a.ts', `setTimeout(() => {}, 1)\n`, 'through the Clock'],
  [
    'the runtime from above',
    'src/storage/a.ts',
    `import { createFetch } from '#runtime'\ncreateFetch()\n`,
    '#runtime',
  ],
  [
    'a door that stands open',
    'src/session/a.ts',
    `import { authorize } from '../flow/authorize.ts'\nauthorize()\n`,
    'A door is loaded',
  ],
  [
    'the fake network with a room that it proves',
    'src/testing/pds/a.ts',
    `import { refresh } from '../../session/refresh.ts'\nrefresh()\n`,
    'uses none of them',
  ],
  [
    'a Node built-in in the fake network',
    'src/testing/a.ts',
    `import { readFile } from 'node:fs'\nreadFile()\n`,
    'own place',
  ],
  ['a timer in the fake network', 'src/testing/a.ts', `setTimeout(() => {}, 1)\n`, 'through the Clock'],
  [
    'the fake network in the core',
    'src/index.ts',
    `export { fakeNetwork } from './testing/fake-network.ts'\n`,
    'its own face',
  ],
  [
    'up from the lexicons',
    'src/lexicon/a.ts',
    `import { restore } from '../session/restore.ts'\nrestore()\n`,
    'lexicon/ stands on',
  ],
  [
    'a package of atproto beside the one for lexicons',
    'src/lexicon/a.ts',
    `import { AtUri } from '@atproto/syntax'\nexport const a = AtUri\n`,
    'own place',
  ],
  [
    'the command line in a room',
    'src/lexicon/a.ts',
    `import { Command } from 'commander'\nexport const a = Command\n`,
    'own place',
  ],
  [
    'calls in the command line',
    'src/cli/a.ts',
    `import { XrpcClient } from '../xrpc/xrpc-client.ts'\nexport const a = XrpcClient\n`,
    'cli/ stands on',
  ],
  [
    'a root file without a floor',
    'src/new.ts',
    `import { refresh } from './session/refresh.ts'\nrefresh()\n`,
    'needs a floor',
  ],
])('the linter refuses %s', async (_, file, code, message) => {
  expect(await lint(file, code)).toContain(message)
})

test('the linter lets a room use its own folder and the floors below', async () => {
  const code = `import type { Clock } from '../http/clock.ts'
import type { DpopKey } from './key.ts'
export type Both = Clock | DpopKey
`
  expect(await lint('src/dpop/a.ts', code)).toContain('Found 0 warnings and 0 errors')
})

test('the linter lets the lexicons use their own package, and the command line its own', async () => {
  await lint('src/lexicon/a.ts', `import { lexiconDoc } from '@atproto/lexicon'\nexport const a = lexiconDoc\n`)
  const code = `import { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { a } from '../lexicon/a.ts'
export const all = [Command, readFile, a, process.argv]
`
  expect(await lint('src/cli/a.ts', code)).toContain('Found 0 warnings and 0 errors')
})

test('the linter refuses rooms that need each other', async () => {
  await lint('src/http/b.ts', `import { a } from './a.ts'\nexport const b = () => a()\n`)
  expect(await lint('src/http/a.ts', `import { b } from './b.ts'\nexport const a = () => b()\n`)).toContain(
    'no-cycle',
  )
})
