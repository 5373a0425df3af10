import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface PackageFile {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

const { exports }: PackageFile = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** Whatever can be imported that has types. */
const ENTRIES = Object.keys(exports).filter((entry) => typeof exports[entry] === 'object')
const IMPORTS = ENTRIES.map((entry, at) => `export type * as e${at} from '${entry.replace('.', 'atproof')}'\n`)

const PROGRAM = `import { memoryStorage, OAuthClient, type Storage, XrpcClient } from 'atproof'
import { discoverAuthorizationServer, discoveryCache, dnsOverHttps, resolveIdentity } from 'atproof/discovery'
import { loginLoopback } from 'atproof/node'
import { type Account, fakeNetwork, testClock } from 'atproof/testing'
import { createClientMetadata } from 'atproof/flow'
import { type LexiconValidator, validator } from 'atproof/lexicon'
import { type PostgresDatabase, postgresStorage } from 'atproof/postgres'
import { type EvaluateScript, redisStorage } from 'atproof/redis'
import type { BlobRef } from 'atproof/registry'
declare module 'atproof/registry' {
  interface Queries { 'com.example.get': { params: { id: string }; output: { name: string }; errors: never } }
}
const storage: Storage = memoryStorage()
const oauth = new OAuthClient({ redirectUri: 'http://127.0.0.1/callback', storage })
export const signIn = () => loginLoopback(oauth, 'alice.example.com', { open: console.log })
export const find = async (): Promise<string | undefined> => {
  const options = { cache: discoveryCache({ maxEntries: 10 }), resolveTxt: dnsOverHttps('https://dns.google/resolve') }
  const { did, handle, pds, document } = await resolveIdentity('alice.example.com', options)
  const { issuer, promptValues, identity } = await discoverAuthorizationServer(pds, { ...options, fresh: true })
  return handle ?? identity?.handle ?? promptValues?.[0] ?? (typeof document['id'] === 'string' ? issuer : did)
}
export const signInForTest = async (): Promise<XrpcClient> => {
  const network = fakeNetwork({ clock: testClock() })
  const alice: Account = network.createAccount('alice.test')
  network.fault({ path: '/oauth/token', lose: 'answer' })
  return network.signIn(alice.did, { oauth: new OAuthClient({ ...network.clientOptions, redirectUri: 'http://127.0.0.1/callback' }) })
}
export const call = async (): Promise<string> => {
  const client = new XrpcClient({ service: 'https://pds.example.com' })
  return (await client.get('com.example.get', { params: { id: 'x' } })).data.name
}
export const storages = (database: PostgresDatabase, evaluate: EvaluateScript): Storage[] =>
  [postgresStorage(database), redisStorage(evaluate)]
export const validate: LexiconValidator = validator([{ lexicon: 1, id: 'com.example.defs', defs: {} }])
export const validated: XrpcClient<undefined> = new XrpcClient({ service: 'https://pds.example.com', validate })
export const upload = async (client: XrpcClient): Promise<BlobRef> => (await client.uploadBlob(new Uint8Array(1))).data.blob
export const metadata = createClientMetadata({ redirectUris: ['http://127.0.0.1/callback'], scope: 'atproto' })
`

let project: string
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'atproof-types-'))
  await mkdir(join(project, 'node_modules/@types'), { recursive: true })
  await symlink(ROOT, join(project, 'node_modules/atproof'))
  for (const name of ['@types/node', 'undici-types']) {
    await symlink(join(ROOT, 'node_modules', name), join(project, 'node_modules', name))
  }
  await writeFile(join(project, 'package.json'), '{ "type": "module" }')
  await writeFile(join(project, 'program.ts'), PROGRAM)
  await writeFile(join(project, 'entries.ts'), IMPORTS.join(''))
})
afterEach(() => rm(project, { recursive: true, force: true }))

test.each([
  ['with the types of Node and none of the DOM', { lib: ['es2024'], types: ['node'], module: 'nodenext' }],
  ['with the types of the DOM and none of Node', { lib: ['es2024', 'dom'], types: [], module: 'nodenext' }],
  ['for a bundler', { lib: ['es2024', 'dom'], types: [], module: 'esnext', moduleResolution: 'bundler' }],
])('the built types compile %s, the library checked', async (_, options) => {
  const compilerOptions = { ...options, target: 'es2022', strict: true, skipLibCheck: false, noEmit: true }
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts', 'entries.ts'] }))
  const complaints = await new Promise<string>((resolve) => {
    execFile(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project], (__, stdout) => resolve(stdout))
  })
  expect(complaints).toBe('')
  expect(ENTRIES).toEqual(expect.arrayContaining(['.', './lexicon', './registry']))
})
