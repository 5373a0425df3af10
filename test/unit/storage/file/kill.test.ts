import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fileStorage } from 'atproof/node'
import { expect, test } from 'vitest'
import { type FileScene, FOLDER, fileScene, KEY, keysOf } from './scene.ts'

const HOUR = 3_600_000
const AT_ONCE = 4
const NEIGHBOUR = 'session/did:plc:alice/2'
const PROGRAM = fileURLToPath(new URL('killed-program.ts', import.meta.url))

interface Killing {
  readonly deed: 'create' | 'replace' | 'delete'
  readonly key: string
  /** What stands before, and how much later the process begins. */
  readonly prepare: (scene: FileScene) => Promise<void>
  /** What may stand afterwards. */
  readonly outcomes: readonly (string | undefined)[]
}

const KILLINGS: Readonly<Record<string, Killing>> = {
  'a first put': { deed: 'create', key: KEY, prepare: async () => {}, outcomes: [undefined, 'new'] },
  'a put over a version': {
    deed: 'replace',
    key: KEY,
    prepare: async ({ create }) => void (await create(KEY, 'old')),
    outcomes: ['old', 'new'],
  },
  'a put that clears old versions away': {
    deed: 'replace',
    key: KEY,
    async prepare({ clock, create, replace }) {
      await replace(KEY, 'old', await replace(KEY, 'older', await create(KEY, 'oldest')))
      await clock.advance(2 * HOUR)
    },
    outcomes: ['old', 'new'],
  },
  'a delete': {
    deed: 'delete',
    key: KEY,
    prepare: async ({ create, replace }) => void (await replace(KEY, 'old', await create(KEY, 'older'))),
    outcomes: ['old', undefined],
  },
  'a put where a delete was interrupted': {
    deed: 'create',
    key: KEY,
    async prepare({ directory, create }) {
      await create(KEY, 'old')
      const first = join(directory, FOLDER, '1.json')
      const text = (await readFile(first, 'utf8')).replace('"version":"1-', '"deleted":true,"version":"2-')
      await writeFile(first.replace('1.json', '2.json'), text)
    },
    outcomes: [undefined, 'new'],
  },
  'a put over what has expired': {
    deed: 'create',
    key: KEY,
    async prepare({ clock, create }) {
      await create(KEY, 'old', clock.now() + HOUR)
      await clock.advance(2 * HOUR)
    },
    outcomes: [undefined, 'new'],
  },
  'a put that sweeps what has expired': {
    deed: 'create',
    key: 'signin/1',
    async prepare({ clock, create }) {
      await create(KEY, 'old', clock.now() + HOUR)
      await clock.advance(2 * HOUR)
    },
    outcomes: [undefined, 'new'],
  },
}

/** Runs the program, and says how many calls it made; undefined where it was killed before that. */
async function run(killing: Killing, { directory, clock }: FileScene, last: number): Promise<number | undefined> {
  const { deed, key } = killing
  const parameters = [PROGRAM, directory, deed, key, clock.now(), clock.monotonic(), last].map(String)
  try {
    const { stdout } = await promisify(execFile)(process.execPath, parameters)
    return Number(stdout)
  } catch (error) {
    expect(error).toMatchObject({ signal: 'SIGKILL' })
    return undefined
  }
}

async function prepared({ prepare }: Killing): Promise<FileScene> {
  const scene = await fileScene()
  await prepare(scene)
  await scene.create(NEIGHBOUR, 'well')
  return scene
}

/** Kills a process before its n-th call, and looks at what it leaves. */
async function kill(killing: Killing, last: number): Promise<void> {
  const scene = await prepared(killing)
  const { directory, clock, files } = scene
  expect(await run(killing, scene, last), `not killed before call ${last}`).toBeUndefined()

  const storage = fileStorage(directory, { clock })
  const entry = await storage.get(killing.key)
  expect(killing.outcomes).toContain(entry?.value)
  expect(await keysOf(storage, '')).toEqual([...(entry ? [killing.key] : []), NEIGHBOUR].toSorted())
  const next = await storage.put(killing.key, 'next', { ifVersion: entry?.version ?? null })
  expect(await storage.get(killing.key)).toMatchObject({ value: 'next', version: next })
  expect(await storage.get(NEIGHBOUR)).toMatchObject({ value: 'well' })

  // Nothing that it left stays.
  await clock.advance(3 * HOUR)
  let version = next ?? ''
  for (let at = 0; at < 4; at++) version = await scene.replace(killing.key, at, version)
  await clock.advance(3 * HOUR)
  for (let at = 0; at < 4; at++) version = await scene.replace(killing.key, at, version)
  const left = (await files()).filter((path) => path !== '.removed')
  expect(left.filter((path) => !/\.entry\/\d+\.json$/.test(path))).toEqual([])
}

test.each(Object.entries(KILLINGS))(
  'whoever is killed before any call of %s leaves the old value or the new, and stands in the way of nobody',
  { timeout: 300_000 },
  async (_, killing) => {
    const calls = (await run(killing, await prepared(killing), 0)) ?? 0
    expect(calls).toBeGreaterThan(10)
    const waiting = Array.from({ length: calls }, (_each, at) => at + 1)
    const work = async () => {
      for (let last = waiting.pop(); last !== undefined; last = waiting.pop()) await kill(killing, last)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  },
)
