import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** The TypeScript of a README, in the order in which it stands there. */
export async function readSnippets(readme: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, readme), 'utf8')
  return Array.from(text.matchAll(/```ts\n(.*?)```/gs), ([, code = '']) => code)
}

/** A folder in which programs find `atproof` by its name, as an app does. */
export interface ProgramFolder {
  write(file: string, text: string): Promise<void>
  /** What the compiler complains of in all that was written, as strictly as this project is compiled. */
  compile(): Promise<string>
  /** What a program prints. One that fails rejects. */
  run(file: string): Promise<string>
  remove(): Promise<void>
}

/** @param name of its own for each test file, since they run side by side */
export async function openFolder(name: string): Promise<ProgramFolder> {
  const folder = join(ROOT, 'test/artefacts', name)
  await mkdir(folder, { recursive: true })
  const config = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  return {
    async write(file, text) {
      await mkdir(join(folder, file, '..'), { recursive: true })
      await writeFile(join(folder, file), text)
    },
    async compile() {
      const compiling = run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder])
      return (await compiling.catch((error: { stdout: string }) => error)).stdout
    },
    async run(file) {
      return (await run(process.execPath, ['--conditions=atproof-source', join(folder, file)])).stdout
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/**
 * A snippet about calls as a program: what it takes for granted stands before it, on the fake network. After what it
 * prints, each call stands in a line of its own.
 */
export function asProgram(snippet: string): string {
  return `import { fakeNetwork } from 'atproof/testing'
const network = fakeNetwork()
const client = await network.signIn('alice.test')
const file = new Blob(['a picture'], { type: 'image/png' })
network.respond('com.example.doThing', () => Response.json({ done: true }))
network.respond('com.atproto.sync.listRepos', () => {
  return Response.json({ repos: [{ did: 'did:web:bob.example.com', head: '', rev: '' }] })
})
network.log.clear()
${snippet}
for (const { method, path } of network.log.to(/[/]xrpc[/]/)) console.log(method, path)
network.close()
export { file }
`
}

/** What an app has generated that has the lexicons of the snippets. */
export const REGISTERED = `import type { BlobRef, UnknownVariant } from 'atproof/registry'
declare module 'atproof/registry' {
  interface Records {
    'com.example.note': Note
  }
  interface Definitions {
    'com.example.embed#link': Link
  }
}
type Note = {
  $type?: 'com.example.note' | undefined
  text: string
  picture?: BlobRef | undefined
  embed?: (Link & { $type: 'com.example.embed#link' }) | UnknownVariant | undefined
}
type Link = { $type?: 'com.example.embed#link' | undefined; url: string }
`
