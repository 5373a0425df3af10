import { afterAll, beforeAll, expect, test } from 'vitest'
import { asProgram, openFolder, type ProgramFolder, readSnippets, REGISTERED } from './scene.ts'

const NSID = '/xrpc/com.atproto'
const OTHER_CLIENTS = "from '@atcute/client'"

/** What each snippet of src/xrpc/README.md prints, and asks the server for. */
const PRINTED: readonly (readonly [part: string, lines: readonly (string | RegExp)[]])[] = [
  ['describeRepo', ['[] undefined', `GET ${NSID}.repo.describeRepo`, 'POST /xrpc/com.example.doThing']],
  [
    'client.paginate(',
    [
      /^\w{13} listen$/,
      /^\w{13} hello$/,
      '1 true',
      'did:web:bob.example.com',
      `POST ${NSID}.repo.uploadBlob`,
      `POST ${NSID}.repo.createRecord`,
      `POST ${NSID}.repo.createRecord`,
      `GET ${NSID}.repo.listRecords`,
      `GET ${NSID}.repo.listRecords`, // the next page, which is empty
      `GET ${NSID}.repo.listRecords`,
      `GET ${NSID}.sync.listRepos`,
    ],
  ],
  ['client.with(', []],
  ['isXrpcError(', ['none yet', `GET ${NSID}.repo.getRecord`]],
  ['serviceAuth(', [`GET ${NSID}.server.getServiceAuth`]],
]

let folder: ProgramFolder
let snippets: readonly string[]
beforeAll(async () => {
  folder = await openFolder('readme-xrpc')
  // Those of other libraries are compiled where these are installed: test/peers.
  snippets = (await readSnippets('src/xrpc/README.md')).filter((code) => !code.includes(OTHER_CLIENTS))
  await folder.write('lexicons.ts', REGISTERED)
  for (const [at, code] of snippets.entries()) await folder.write(`snippet-${at}.ts`, asProgram(code))
})
afterAll(() => folder.remove())

test('each snippet about calls has its line here', () => {
  expect(snippets.map((code) => PRINTED.filter(([part]) => code.includes(part)).length)).toEqual(
    PRINTED.map(() => 1),
  )
})

test('the snippets about calls compile', async () => {
  expect(await folder.compile()).toBe('')
})

test.each(PRINTED)('the snippet with %s does what it says', async (part, lines) => {
  const at = snippets.findIndex((code) => code.includes(part))
  const printed = (await folder.run(`snippet-${at}.ts`)).split('\n').slice(0, -1)
  expect(printed).toEqual(lines.map((line) => (line instanceof RegExp ? expect.stringMatching(line) : line)))
})
