import { signInWithPassword, XrpcClient } from 'atproof'
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { listenOnLoopback } from './network/loopback.ts'
import { type RealNetwork, startNetwork } from './network/start.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const EXAMPLE = join(ROOT, 'examples/typed-calls')
const EXAMPLE_README = join(EXAMPLE, 'README.md')
/** Where the way from nothing to a typed call is shown. */
const FIVE_MINUTES = join(ROOT, 'src/lexicon/README.md')
const COLLECTION = 'com.example.recipe'
const SEARCH = '/xrpc/com.example.recipe.search'
const NOW = '2026-01-01T00:00:00.000Z'
const run = promisify(execFile)

let network: RealNetwork
let folder: string
beforeAll(async () => {
  network = await startNetwork()
  folder = await mkdtemp(join(tmpdir(), 'atproof-typed-calls-'))
  await installPackage()
})
beforeEach(async () => {
  for (const name of ['lexicons', 'src']) await rm(join(folder, name), { recursive: true, force: true })
  await cp(EXAMPLE, folder, {
    recursive: true,
    // Of whoever tried the example here.
    filter: (path) => !path.includes('node_modules', ROOT.length),
  })
})
afterAll(async () => {
  await network.close()
  await rm(folder, { recursive: true, force: true })
})

/** As `npm install` leaves it: the package as it would be published, what it depends on, and the two commands. */
async function installPackage(): Promise<void> {
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, 'atproof'), { recursive: true })
  // Without its scripts, which would build it again.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: ROOT,
  })
  const [{ filename }]: [{ filename: string }] = JSON.parse(stdout)
  await run('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', join(modules, 'atproof')])
  const { dependencies, bin }: { dependencies: object; bin: { atproof: string } } = JSON.parse(
    await readFile(join(modules, 'atproof/package.json'), 'utf8'),
  )
  for (const name of [...Object.keys(dependencies), '@types/node', 'undici-types']) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), join(modules, name))
  }
  await mkdir(join(modules, '.bin'))
  await chmod(join(modules, 'atproof', bin.atproof), 0o755)
  await symlink(join(modules, 'atproof', bin.atproof), join(modules, '.bin/atproof'))
  await symlink(join(ROOT, 'node_modules/.bin/tsc'), join(modules, '.bin/tsc'))
}

/** Runs one of the scripts of its package.json; what it prints, and whether it failed. */
async function runScript(name: string): Promise<{ readonly text: string; readonly failed: boolean }> {
  try {
    const { stdout, stderr } = await run('npm', ['run', '--silent', name], { cwd: folder })
    return { text: stdout + stderr, failed: false }
  } catch (error) {
    if (!(error instanceof Error && 'stdout' in error && 'stderr' in error)) throw error
    return { text: `${error.stdout}${error.stderr}`, failed: true }
  }
}

/** Changes a file of the example. */
async function change(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(folder, file), 'utf8')
  expect(text).toContain(from)
  await writeFile(join(folder, file), text.replace(from, to))
}

function networkOptions() {
  return { plcDirectory: network.plc, handleResolver: network.pds, allowLoopback: [network.pds, network.plc] }
}

function foundRecipe(name: string) {
  const steps = [{ $type: `${COLLECTION}.defs#wait`, minutes: 1 }]
  return {
    uri: `at://did:web:cook.example.com/${COLLECTION}/3jzfcijpj2z2a`,
    recipe: { $type: COLLECTION, name, steps, createdAt: NOW },
  }
}

/** The server of the example's own query: it has two pages of recipes with oats, and too many with water. */
function createSearchServer(asked: string[]): Server {
  return createServer(({ url = '' }, response) => {
    asked.push(url)
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const isVague = searchParams.get('ingredient') === 'water'
    const answer = isVague
      ? { error: 'TooVague', message: 'Nearly everything has this in it' }
      : searchParams.has('cursor')
        ? { hits: [foundRecipe('Flapjacks')] }
        : { hits: [foundRecipe('Porridge')], cursor: 'page 2' }
    response.writeHead(pathname !== SEARCH ? 404 : isVague ? 400 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
}

test('the example signs in, creates, lists, validates, and calls its own query', async () => {
  const owner = { handle: 'cook.test', password: 'correct horse battery staple' }
  const { did } = await network.createAccount(owner)
  const client = await signInWithPassword(did, owner.password, networkOptions())
  // Of other apps: the lexicon's union is open, and not everybody checks.
  const crepes = { name: 'Crêpes', steps: [{ $type: 'com.example.other#flambe' }], createdAt: NOW }
  const toast = { name: 'Toast', steps: 'toast it', createdAt: NOW }
  const written: string[] = []
  for (const recipe of [crepes, toast]) {
    const input = { repo: did, collection: COLLECTION, rkey: `222222222222${2 + written.length}`, record: recipe }
    written.push((await client.post('com.atproto.repo.createRecord', { input })).data.uri)
  }
  const asked: string[] = []
  const server = createSearchServer(asked)
  const SEARCH_SERVICE = `http://127.0.0.1:${await listenOnLoopback(server)}`
  const options = networkOptions()
  const NETWORK = JSON.stringify({ ...options, allowLoopback: [...options.allowLoopback, SEARCH_SERVICE] })
  await network.requests()
  try {
    const { stdout, stderr } = await run(process.execPath, ['src/recipes.ts'], {
      cwd: folder,
      env: { IDENTIFIER: owner.handle, APP_PASSWORD: owner.password, NETWORK, SEARCH_SERVICE },
    })
    expect(stderr).toBe('')
    const { size } = await readPicture()
    const lines = stdout.trim().split('\n')
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^created at://${did}/${COLLECTION}/[2-7a-z]{13}$`)),
      `Porridge (vegan): stir oats into water, wait 5 min, with a picture of ${size} bytes`,
      `not a recipe: ${written[1]}: record.steps: expected an array, found "…"`,
      'Crêpes: something else (com.example.other#flambe)',
      expect.stringMatching(/^a blob: bafkrei[2-7a-z]{52}$/),
      'not found: RecordNotFound',
      'refused: input.record.name: expected at least 1 byte of UTF-8, found 0',
      'with oats: Porridge, Flapjacks',
      'with water: 0 recipes',
    ])
    // As its README shows it.
    const readme = await readFile(EXAMPLE_README, 'utf8')
    for (const line of [lines[1], lines[5], lines[6]]) expect(readme).toContain(`\n${line}\n`)
  } finally {
    server.close()
  }
  // The lexicon's default is sent, and with each page.
  expect(asked.map((url) => Object.fromEntries(new URL(url, SEARCH_SERVICE).searchParams))).toEqual([
    { ingredient: 'oats', limit: '20' },
    { ingredient: 'oats', limit: '20', cursor: 'page 2' },
    { ingredient: 'water', limit: '20' },
  ])
  const writes = (await network.requests()).filter(({ path }) => /createRecord|uploadBlob/.test(path))
  // What the validator refused was not sent.
  expect(writes.map(({ path, status }) => `${status} ${path}`)).toEqual([
    '200 /xrpc/com.atproto.repo.uploadBlob',
    '200 /xrpc/com.atproto.repo.createRecord',
  ])
  const reader = new XrpcClient({ service: network.pds, allowLoopback: [network.pds] })
  const { data } = await reader.get('com.atproto.repo.listRecords', {
    params: { repo: did, collection: COLLECTION },
  })
  expect(data.records[0]?.value).toMatchObject({
    $type: COLLECTION,
    picture: { $type: 'blob', mimeType: 'image/png', size: (await readPicture()).size },
  })
})

async function readPicture(): Promise<{ readonly size: number }> {
  return { size: (await readFile(join(EXAMPLE, 'picture.png'))).length }
}

test('what is generated is up to date, and everything compiles against the packed package', async () => {
  expect(await runScript('check')).toEqual({
    text: 'src/lexicons.ts is up to date: 1 query, 1 record, 5 other definitions of 3 documents\n',
    failed: false,
  })
})

test('a changed lexicon fails the check, until it is generated again', async () => {
  await change('lexicons/com/example/recipe.json', '"servings"', '"portions"')
  const checked = await runScript('check')
  expect(checked.failed).toBe(true)
  expect(checked.text).toContain('src/lexicons.ts is not what the documents give')
  expect((await runScript('generate')).text).toMatch(/^wrote src\/lexicons\.ts: /)
  expect(await readFile(join(folder, 'src/lexicons.ts'), 'utf8')).toContain('portions?: number | undefined')
  expect((await runScript('check')).failed).toBe(false)
})

test.each([
  ['a misspelt field', 'src/recipes.ts', "name: 'Porridge'", "nmae: 'Porridge'", /src\/recipes\.ts.*nmae/],
  [
    'a parameter of the wrong type',
    'src/search.ts',
    'params: { ingredient }',
    'params: { ingredient: 5 }',
    /not assignable to type 'string'/,
  ],
  [
    'a collection that is no record',
    'src/recipes.ts',
    "client.records('com.example.recipe')",
    "client.records('com.example.receipt')",
    /com\.example\.receipt/,
  ],
])('%s does not compile', async (_, file, from, to, complaint) => {
  await change(file, from, to)
  const { text, failed } = await runScript('check')
  expect(text).toMatch(complaint)
  expect(failed).toBe(true)
})

/** The code blocks of that section. */
async function fiveMinutes(): Promise<{ readonly commands: string; readonly program: string }> {
  const readme = await readFile(FIVE_MINUTES, 'utf8')
  const section = /^##+ From here to .*?(?=^##|$(?![^]))/ms.exec(readme)?.[0] ?? ''
  expect(section.trim().split('\n').length).toBeLessThanOrEqual(30)
  const [commands = '', program = ''] = [...section.matchAll(/```\w+\n(.*?)```/gs)].map(([, code = '']) => code)
  return { commands, program }
}

test('the README leads from an empty folder to a typed call of a lexicon of its own', async () => {
  const owner = { handle: 'newcomer.test', password: 'correct horse battery staple' }
  await network.createAccount(owner)
  const { commands, program } = await fiveMinutes()
  // What it installs lies there already: nobody has published it yet.
  const [install, ...others] = commands.split('\n')
  expect(install).toBe('npm install atproof typescript @types/node')
  const project = await mkdtemp(join(tmpdir(), 'atproof-newcomer-'))
  onTestFinished(() => rm(project, { recursive: true, force: true }))
  await symlink(join(folder, 'node_modules'), join(project, 'node_modules'))
  await writeFile(join(project, 'package.json'), '{ "type": "module" }')
  const { stdout: said } = await run('sh', ['-ec', others.join('\n')], { cwd: project })
  expect(said).toContain('wrote lexicons.ts: 1 record of 1 document')

  const here = program
    .replace('alice.example.com', owner.handle)
    .replace("?? ''", `?? '', ${JSON.stringify(networkOptions())}`)
  expect(here).toContain('allowLoopback')
  await writeFile(join(project, 'notes.ts'), here)
  const compile = () => run('npx', ['tsc'], { cwd: project })
  expect((await compile()).stdout).toBe('')
  const env = { APP_PASSWORD: owner.password }
  const { stdout, stderr } = await run(process.execPath, ['notes.ts'], { cwd: project, env })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^at:\/\/did:plc:\w+\/com\.example\.note\/\w+ hello\n$/)

  await writeFile(join(project, 'notes.ts'), here.replace("{ text: 'hello' }", "{ txet: 'hello' }"))
  await expect(compile()).rejects.toMatchObject({ stdout: expect.stringContaining("'txet' does not exist") })
})
