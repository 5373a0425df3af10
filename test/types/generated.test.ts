import { schemas } from '@atproto/api'
import { expect, test } from 'vitest'
import { checkDocuments } from '../../src/lexicon/check-documents.ts'
import { generateTypes } from '../../src/lexicon/generate-types.ts'
import { userProject } from './scene.ts'
import type { CompilerVersion } from './user-project.ts'

const VERSIONS: readonly CompilerVersion[] = ['7', '5.9']

/** Every document there is, those of `com.atproto` too, which the command passes by. */
const { documents } = checkDocuments(schemas.map((content) => ({ file: content.id, content })))

/** Uses what was generated, as a program does. */
const PROGRAM = `import { type Did, isXrpcError, type XrpcClient } from 'atproof'

export async function read(client: XrpcClient): Promise<Did | undefined> {
  const { data } = await client.get('app.bsky.feed.getTimeline', { params: { limit: 10 } })
  const [item] = data.feed
  if (item === undefined) return undefined
  // @ts-expect-error it may be missing
  item.reason.$type
  const count: number = item.post.likeCount ?? 0
  // @ts-expect-error a number is no text
  const text: string = count
  for (const label of item.post.author.labels ?? []) console.log(label.val.length + text.length)
  return item.post.author.did
}

export async function write(client: XrpcClient): Promise<void> {
  // @ts-expect-error a required field is missing
  await client.post('app.bsky.graph.muteActor', { input: {} })
  await client.post('app.bsky.graph.muteActor', { input: { actor: 'alice.example.com' } })
  // @ts-expect-error a misspelt method
  await client.post('app.bsky.graph.muteActors', { input: { actor: 'alice.example.com' } })
}

export function fails(error: unknown): boolean {
  return isXrpcError(error, 'app.bsky.feed.getAuthorFeed', 'BlockedActor')
}
`

test.each(VERSIONS)('every document of @atproto/api compiles strictly with TypeScript %s', async (version) => {
  expect(documents).toHaveLength(schemas.length)
  const project = await userProject({ 'types.ts': generateTypes(documents), 'program.ts': PROGRAM })
  expect(await project.compile(version, 'types.ts', 'program.ts')).toBe('')
})

test.each(VERSIONS)(
  'what a user generates beside the built-in types compiles with TypeScript %s',
  async (version) => {
    const own = documents.filter((document) => !isKnown(document))
    const text = generateTypes(own, { known: documents.filter(isKnown) })
    const project = await userProject({ 'types.ts': text, 'types.d.ts': text, 'program.ts': PROGRAM })
    expect(await project.compile(version, 'types.ts', 'program.ts')).toBe('')
    expect(await project.compile(version, 'types.d.ts', 'program.ts')).toBe('')
  },
)

test('any order of the documents gives the same text', () => {
  const shuffled = documents.toSorted((one, other) => reversed(one.id).localeCompare(reversed(other.id)))
  expect(shuffled[0]).not.toBe(documents[0])
  expect(generateTypes(shuffled)).toBe(generateTypes(documents))
})

function isKnown({ id }: { readonly id: string }): boolean {
  return id.startsWith('com.atproto.')
}

function reversed(text: string): string {
  return [...text].toReversed().join('')
}
