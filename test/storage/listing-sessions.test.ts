import { memoryStorage } from 'atproof'
import { expect, test } from 'vitest'
import { importSnippet } from './import-snippet.ts'
import { signedIn } from './signed-in.ts'

function asFunction(code: string): string {
  return `export async function list(oauth, console) {\n${code}}\n`
}

test('the sessions of a storage are listed as its README says', async () => {
  const { oauth, sessionId } = await signedIn(memoryStorage())
  const { list } = await importSnippet('storage/README.md', 'oauth.sessions()', asFunction)
  if (typeof list !== 'function') throw new Error('no function')
  const lines: string[] = []
  await list(oauth, { log: (...words: readonly string[]) => lines.push(words.join(' ')) })
  expect(lines).toEqual([`${sessionId} alice.test active`])
})
