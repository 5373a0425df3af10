import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateTypes } from '../../src/lexicon/generate-types.ts'
import { asProgram, openFolder, type ProgramFolder, readSnippets } from './scene.ts'

const README = 'src/lexicon/README.md'

let folder: ProgramFolder
beforeAll(async () => {
  folder = await openFolder('readme-lexicon')
})
afterAll(() => folder.remove())

/** The document that the README has its reader write. */
async function readDocument(): Promise<string> {
  const text = await readFile(new URL(`../../${README}`, import.meta.url), 'utf8')
  return /<<'END'\n(.*?)END\n/s.exec(text)?.[1] ?? ''
}

// From its commands to a call on the real network: e2e/typed-calls.test.ts.
test('the snippet about validation compiles over the document and types of the first section, and runs', async () => {
  const snippet = (await readSnippets(README)).find((code) => code.includes('validator(')) ?? ''
  await folder.write('lexicons/note.json', await readDocument())
  await folder.write('lexicons.ts', generateTypes([JSON.parse(await readDocument())]))
  await folder.write('snippet.ts', asProgram(snippet))
  expect(await folder.compile()).toBe('')
  expect(await folder.run('snippet.ts')).toMatch(
    /^record\.text: expected .*\nPOST \/xrpc\/com\.atproto\.repo\.createRecord\n$/,
  )
})

test('what it says of a wrong input is what a call says', async () => {
  const said = /`(input\.record\.text: expected .*?)`/.exec(
    await readFile(new URL(`../../${README}`, import.meta.url), 'utf8'),
  )
  await folder.write('lexicons/note.json', await readDocument())
  await folder.write(
    'wrong.ts',
    asProgram(`import { validator } from 'atproof/lexicon'
import note from './lexicons/note.json' with { type: 'json' }
const checked = client.with({ validate: validator([note]) })
await checked.records('com.example.note').create(JSON.parse('{ "text": 5 }')).catch((error) => console.log(error.message))
`),
  )
  expect(await folder.run('wrong.ts')).toBe(`${said?.[1]}\n`)
})
