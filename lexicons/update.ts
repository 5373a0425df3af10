import { schemas } from '@atproto/api'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkDocuments } from '../src/lexicon/check-documents.ts'
import { generateBuiltIn } from '../src/lexicon/generate-types.ts'
import { describeProblem } from '../src/lexicon/problem.ts'

// Brings the documents of `com.atproto`, and the types that are made of them, to what @atproto/api has.

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const TYPES = fileURLToPath(new URL('../src/xrpc/com-atproto.ts', import.meta.url))
const MODULES = {
  Did: '../syntax/did.ts',
  BlobRef: './data-model.ts',
  Bytes: './data-model.ts',
  CidLink: './data-model.ts',
  UnknownObject: './data-model.ts',
  UnknownVariant: './data-model.ts',
}

/** A document as it is published: without what is written for people, and with references as their author wrote them. */
export function bare(schema: unknown): unknown {
  const text = JSON.stringify(schema, (key, value: unknown) => {
    // A property may be called `description`: that one is an object.
    if (key === 'description' && typeof value === 'string') return undefined
    return typeof value === 'string' && value.startsWith('lex:') ? value.slice('lex:'.length) : value
  })
  return JSON.parse(text)
}

/** The files that should stand here, by their paths. */
export function expectedFiles(): ReadonlyMap<string, string> {
  const own = schemas.filter(({ id }) => id.startsWith('com.atproto.'))
  const { documents, problems } = checkDocuments(own.map((schema) => ({ file: schema.id, content: bare(schema) })))
  if (problems.length > 0) throw new Error(problems.map(describeProblem).join('\n'))
  const files = new Map(
    documents.map((document) => [
      join(FOLDER, `${document.id.replaceAll('.', '/')}.json`),
      `${JSON.stringify(document, undefined, 2)}\n`,
    ]),
  )
  return files.set(TYPES, generateBuiltIn(documents, { prefix: 'ComAtproto', modules: MODULES }))
}

/** The files that are missing here, have another text than they should, or should not be here. */
export async function findStale(expected: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const stale: string[] = []
  for (const [path, text] of expected) {
    if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) stale.push(path)
  }
  const found = await readdir(join(FOLDER, 'com'), { recursive: true, withFileTypes: true })
  const paths = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return [...stale, ...paths.filter((path) => !expected.has(path))]
}

async function update(expected: ReadonlyMap<string, string>): Promise<void> {
  await rm(join(FOLDER, 'com'), { recursive: true, force: true })
  for (const [path, text] of expected) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  if (values.check) {
    const stale = await findStale(expectedFiles())
    for (const path of stale) console.error(`not what @atproto/api has: ${path}; npm run lexicons brings it here`)
    process.exitCode = stale.length > 0 ? 1 : 0
  } else {
    await update(expectedFiles())
  }
}
