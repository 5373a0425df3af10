import { copyFile, mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StorageError } from '../../../../src/errors.ts'
import { type FileScene, FOLDER, fileScene, KEY, keysOf } from './scene.ts'

const NEIGHBOUR = 'session/did:plc:alice/2'
const SECRET = 'the-refresh-token'

/** What can have happened to version 2 of an entry. */
const DAMAGES: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'is empty': (file) => truncate(file, 0),
  'was cut off': async (file) => truncate(file, (await readFile(file)).length - 4),
  'is of zeros': async (file) => writeFile(file, Buffer.alloc((await readFile(file)).length)),
  'is no JSON': (file) => writeFile(file, `hello ${SECRET}`),
  'is other JSON': (file) => writeFile(file, JSON.stringify({ key: KEY, value: SECRET })),
  'is a list': (file) => writeFile(file, '[]'),
  'has no value': (file) => edit(file, { value: undefined }),
  'has another number': (file) => edit(file, { version: '1-x' }),
  'has no time': (file) => edit(file, { written: { wall: 1 } }),
  'is of a later format': (file) => edit(file, { format: 'atproof entry 2' }),
  'is of another key': (file) => edit(file, { key: NEIGHBOUR }),
  'is of no key': (file) => edit(file, { key: 'a\uD800' }),
  'was copied from a neighbour': (file) => copyFile(file.replace('1.entry', '2.entry'), file),
  'is nested too deep': (file) => edit(file, { value: JSON.parse('['.repeat(40) + ']'.repeat(40)) }),
  'is a folder': async (file) => {
    await rm(file)
    await mkdir(file)
  },
}

async function edit(file: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  const text = await readFile(file, 'utf8')
  await writeFile(file, JSON.stringify({ ...(JSON.parse(text) as object), ...change }))
}

/** An entry whose version 2 is damaged, beside one that is not. */
async function damagedScene(damage: string): Promise<FileScene & { file: string; version: string }> {
  const scene = await fileScene()
  const { create, replace } = scene
  await replace(NEIGHBOUR, 'well', await create(NEIGHBOUR, 'well'))
  const version = await replace(KEY, SECRET, await create(KEY, SECRET))
  const file = join(scene.directory, FOLDER, '2.json')
  await DAMAGES[damage]?.(file)
  return { ...scene, file, version }
}

async function failureOf(calling: Promise<unknown>): Promise<StorageError & { readonly version: string }> {
  const failure: unknown = await calling.catch((error: unknown) => error)
  if (!(failure instanceof StorageError)) throw new Error(`no such error: ${failure}`)
  const { version } = failure
  if (version === undefined) throw new Error('the error names no version')
  return Object.assign(failure, { version })
}

test.each(Object.keys(DAMAGES))('a version that %s is said to be, by its key and its file', async (damage) => {
  const { directory, storage, file } = await damagedScene(damage)
  const failure = await failureOf(storage.get(KEY))
  expect(failure).toMatchObject({ code: 'corrupt', retryable: false, field: `${KEY} in ${file}` })
  expect(failure.action).toContain(`move the folder ${join(directory, FOLDER)} away`)
  expect(`${failure.message} ${failure.cause} ${JSON.stringify(failure)}`).not.toContain(SECRET)
})

test.each(Object.keys(DAMAGES))('a version that %s stays, and hurts no neighbour', async (damage) => {
  const { clock, storage, file, version, create, files } = await damagedScene(damage)
  expect((await failureOf(storage.put(KEY, 'new', { ifVersion: null }))).code).toBe('corrupt')
  expect((await failureOf(storage.put(KEY, 'new', { ifVersion: version }))).code).toBe('corrupt')
  expect((await failureOf(storage.delete(KEY, { ifVersion: version }))).code).toBe('corrupt')
  await clock.advance(86_400_000)
  for (let at = 0; at < 10; at++) await create(`spent/${at}`, true)
  expect(await storage.get(NEIGHBOUR)).toMatchObject({ value: 'well' })
  expect(await keysOf(storage, 'session/')).toEqual([KEY, NEIGHBOUR])
  expect(await files()).toContain(`${FOLDER}/1.json`)
  expect(await files()).toContain(`${FOLDER}/2.json`)
  expect((await failureOf(storage.get(KEY))).field).toContain(file)
})

test('what cannot be read is replaced by whoever names its version, once', async () => {
  const { storage, replace } = await damagedScene('was cut off')
  const { version } = await failureOf(storage.get(KEY))
  const next = await replace(KEY, 'new', version)
  expect(await storage.get(KEY)).toMatchObject({ value: 'new', version: next })
  expect(await storage.put(KEY, 'late', { ifVersion: version })).toBeUndefined()
})

test('what cannot be read is deleted by whoever names its version', async () => {
  const { storage, create } = await damagedScene('is empty')
  const { version } = await failureOf(storage.get(KEY))
  expect(await storage.delete(KEY, { ifVersion: version })).toBe(true)
  expect(await storage.get(KEY)).toBeUndefined()
  await create(KEY, 'new')
})

test('what was damaged once more has another version', async () => {
  const { storage, file } = await damagedScene('is no JSON')
  const { version } = await failureOf(storage.get(KEY))
  await writeFile(file, 'something else')
  const again = await failureOf(storage.put(KEY, 'new', { ifVersion: version }))
  expect(again.version).not.toBe(version)
})

test('the way out that the error names leads out', async () => {
  const { directory, storage, create } = await damagedScene('is empty')
  await rename(join(directory, FOLDER), join(directory, 'away'))
  expect(await storage.get(KEY)).toBeUndefined()
  await create(KEY, 'new')
})

test('an older version that is damaged does not matter, and goes with the others', async () => {
  const { directory, clock, storage, create, replace, files } = await fileScene()
  const version = await replace(KEY, 2, await create(KEY, 1))
  await truncate(join(directory, FOLDER, '1.json'), 0)
  const next = await replace(KEY, 3, version)
  expect(await storage.get(KEY)).toMatchObject({ value: 3, version: next })
  await truncate(join(directory, FOLDER, '2.json'), 0)
  await clock.advance(3_600_000)
  await replace(KEY, 4, next)
  expect(await files()).toEqual([`${FOLDER}/3.json`, `${FOLDER}/4.json`])
})
