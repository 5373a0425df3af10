import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileStorage } from 'atproof/node'
import { expect, test } from 'vitest'
import { checkedStorage } from '../../../../src/storage/checked-storage.ts'
import { beforeCalls, FOLDER, fileScene, KEY, keysOf } from './scene.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** More writings than it takes to look at every entry of a small storage. */
const MANY = 20

const PAUSES = {
  'by both clocks': async (clock) => clock.advance(10 * MINUTE + 1),
  'by the wall': async (clock) => clock.jumpWall(10 * MINUTE + 1),
  'by the machine': async (clock) => {
    await clock.advance(10 * MINUTE + 1)
    clock.jumpWall(-HOUR)
  },
} satisfies Readonly<Record<string, (clock: Awaited<ReturnType<typeof fileScene>>['clock']) => Promise<void>>>

test.each(Object.entries(PAUSES))(
  'a put that stood still for more than 10 minutes %s does not know its outcome, and may stand',
  async (_, pause) => {
    const { clock, storage, create } = await fileScene()
    const version = await create(KEY, 'old')
    await pausedBefore('link', () => pause(clock))
    const failure: unknown = await checkedStorage(storage)
      .put(KEY, 'new', { ifVersion: version })
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'write_failed',
      retryable: true,
      cause: {
        message: expect.stringMatching(/2\.json: the process stood still for 10 minutes.*unknown: read again/),
      },
    })
    // It was not taken back: somebody may have read it and be about to write over it.
    expect(await storage.get(KEY)).toMatchObject({ value: 'new' })
  },
)

test('a put that stood still for 10 minutes and no more succeeds', async () => {
  const { clock, create, replace } = await fileScene()
  const version = await create(KEY, 'old')
  await pausedBefore('link', () => clock.advance(10 * MINUTE))
  await replace(KEY, 'new', version)
})

test('a delete that stood still does not know its outcome either', async () => {
  const { clock, storage, create } = await fileScene()
  const version = await create(KEY, 'old')
  await pausedBefore('link', () => clock.advance(11 * MINUTE))
  await expect(storage.delete(KEY, { ifVersion: version })).rejects.toThrow('read again')
  expect(await storage.get(KEY)).toBeUndefined()
  await create(KEY, 'new')
})

test('a put that stood still while another was first is lost', async () => {
  const { directory, clock, storage, create } = await fileScene()
  const version = await create(KEY, 'old')
  const other = fileStorage(directory, { clock })
  await pausedBefore('link', async () => {
    await other.put(KEY, 'theirs', { ifVersion: version })
    await clock.advance(HOUR)
  })
  expect(await storage.put(KEY, 'ours', { ifVersion: version })).toBeUndefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'theirs' })
})

test('a put that stood still until its number was free again is lost', async () => {
  const { directory, clock, storage, create } = await fileScene()
  const version = await create(KEY, 'old')
  const other = fileStorage(directory, { clock })
  await pausedBefore('link', async () => {
    let newest = (await other.put(KEY, 'theirs', { ifVersion: version })) ?? ''
    newest = (await other.put(KEY, 'theirs again', { ifVersion: newest })) ?? ''
    await clock.advance(HOUR)
    await other.put(KEY, 'the newest', { ifVersion: newest })
  })
  expect(await storage.put(KEY, 'ours', { ifVersion: version })).toBeUndefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'the newest' })
})

test('a put that stood still before it wrote anything is lost to whoever was first', async () => {
  const { directory, clock, storage, create } = await fileScene()
  const version = await create(KEY, 'old')
  const other = fileStorage(directory, { clock })
  await pausedBefore('mkdir', async () => {
    await other.put(KEY, 'theirs', { ifVersion: version })
  })
  expect(await storage.put(KEY, 'ours', { ifVersion: version })).toBeUndefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'theirs' })
})

test('a put that stood still before it wrote anything, until its number was free again, is lost', async () => {
  const { directory, clock, storage, create } = await fileScene()
  const version = await create(KEY, 'old')
  const other = fileStorage(directory, { clock })
  await pausedBefore('open', async (path) => {
    if (!path.endsWith('.tmp')) return false
    let newest = (await other.put(KEY, 'theirs', { ifVersion: version })) ?? ''
    newest = (await other.put(KEY, 'theirs again', { ifVersion: newest })) ?? ''
    await clock.advance(HOUR)
    await other.put(KEY, 'the newest', { ifVersion: newest })
    return true
  })
  expect(await storage.put(KEY, 'ours', { ifVersion: version })).toBeUndefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'the newest' })
})

test('a creation writes nothing over a deletion, which may be on its way out', async () => {
  const { directory, clock, storage, files } = await fileScene()
  const other = fileStorage(directory, { clock })
  let isKilled = false
  await beforeCalls((name) => {
    if (isKilled && name === 'rename') throw new Error('killed')
  })
  await pausedBefore('mkdir', async () => {
    const version = (await other.put(KEY, 'theirs', { ifVersion: null })) ?? ''
    isKilled = true
    await other.delete(KEY, { ifVersion: version })
    isKilled = false
    expect(await files()).toContain(`${FOLDER}/2.json`)
  })
  const version = await storage.put(KEY, 'ours', { ifVersion: null })
  expect(await storage.get(KEY)).toMatchObject({ value: 'ours', version })
  expect(await files()).toEqual(['.removed', `${FOLDER}/1.json`])
})

test('a creation that stood still while the entry came and went begins again, and knows of it', async () => {
  const { directory, clock, storage } = await fileScene()
  const other = fileStorage(directory, { clock })
  await pausedBefore('link', async () => {
    const version = (await other.put(KEY, 'theirs', { ifVersion: null })) ?? ''
    await other.delete(KEY, { ifVersion: version })
    await clock.advance(5 * HOUR)
  })
  const version = await storage.put(KEY, 'ours', { ifVersion: null })
  expect(await storage.get(KEY)).toMatchObject({ value: 'ours', version })
})

test('a removal that stood still leaves an entry alone that began anew', async () => {
  const { directory, clock, storage, create } = await fileScene()
  const version = await create(KEY, 'old')
  const other = fileStorage(directory, { clock })
  let anew: string | undefined
  await pausedBefore('rename', async () => {
    anew = await other.put(KEY, 'new', { ifVersion: null })
  })
  expect(await storage.delete(KEY, { ifVersion: version })).toBe(true)
  expect(anew).toBeDefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'new', version: anew })
})

test('a removal that stood still before it looked leaves an entry alone that began anew', async () => {
  const { directory, clock, storage, create } = await fileScene()
  const version = await create(KEY, 'old')
  const other = fileStorage(directory, { clock })
  let anew: string | undefined
  await pausedBefore('mkdir', async (path) => {
    if (!path.endsWith('.old')) return false
    anew = await other.put(KEY, 'new', { ifVersion: null })
    return true
  })
  expect(await storage.delete(KEY, { ifVersion: version })).toBe(true)
  expect(anew).toBeDefined()
  expect(await storage.get(KEY)).toMatchObject({ value: 'new', version: anew })
})

test.each(['rename', 'rm'])(
  'clearing that stood still before a %s takes nothing of an entry that began anew',
  async (call) => {
    const { directory, clock, create, replace } = await fileScene()
    const version = await replace(KEY, 'older', await create(KEY, 'oldest'))
    await clock.advance(HOUR)
    const other = fileStorage(directory, { clock })
    let anew: string | undefined
    await pausedBefore(call, async (path) => {
      if (call === 'rm' && path.endsWith('.tmp')) return false
      const old = await other.get(KEY)
      await other.delete(KEY, { ifVersion: old?.version ?? '' })
      anew = await other.put(KEY, 'new', { ifVersion: null })
      return true
    })
    await replace(KEY, 'old', version)
    expect(anew).toBeDefined()
    expect(await other.get(KEY)).toMatchObject({ value: 'new', version: anew })
  },
)

test('a superseded version stays for an hour, and goes with the next put after that', async () => {
  const { clock, create, replace, files } = await fileScene()
  let version = await create(KEY, 1)
  await clock.advance(24 * HOUR)
  version = await replace(KEY, 2, version)
  await clock.advance(HOUR - 1)
  version = await replace(KEY, 3, version)
  expect(await files()).toEqual([1, 2, 3].map((number) => `${FOLDER}/${number}.json`))
  await clock.advance(1)
  version = await replace(KEY, 4, version)
  expect(await files()).toEqual([2, 3, 4].map((number) => `${FOLDER}/${number}.json`))
  await clock.advance(HOUR)
  await replace(KEY, 5, version)
  expect(await files()).toEqual([4, 5].map((number) => `${FOLDER}/${number}.json`))
})

test('a jump of the wall clock makes no version go early', async () => {
  const { clock, create, replace, files } = await fileScene()
  const version = await replace(KEY, 2, await create(KEY, 1))
  clock.jumpWall(48 * HOUR)
  await replace(KEY, 3, version)
  expect(await files()).toHaveLength(3)
})

test('puts of other keys clear away what nobody needs, and nothing else', async () => {
  const { directory, clock, storage, create, replace, files } = await fileScene()
  await replace(KEY, 'new', await create(KEY, 'old'))
  await create('spent/old', true, clock.now() + HOUR)
  await create('spent/young', true, clock.now() + 3 * HOUR)
  const stray = `${clock.now()}-${'0'.repeat(24)}.tmp`
  await writeFile(join(directory, FOLDER, stray), '{')
  await clock.advance(2 * HOUR)
  const young = `${clock.now()}-${'0'.repeat(24)}.tmp`
  await writeFile(join(directory, 'spent/young.entry', young), '{')
  for (let at = 0; at < MANY; at++) await create(`signin/${at}`, true)
  const kept = (await files()).filter((path) => !path.startsWith('signin'))
  expect(kept).toEqual([`.removed`, `${FOLDER}/2.json`, 'spent/young.entry/1.json', `spent/young.entry/${young}`])
  expect(await keysOf(storage, 's')).toHaveLength(MANY + 2)
})

test('a writer of these minutes keeps the versions of its entry', async () => {
  const { directory, clock, create, replace, files } = await fileScene()
  const version = await replace(KEY, 2, await create(KEY, 1))
  await clock.advance(HOUR)
  await writeFile(join(directory, FOLDER, `${clock.now()}-${'0'.repeat(24)}.tmp`), '')
  await replace(KEY, 3, version)
  expect(await files()).toContain(`${FOLDER}/1.json`)
})

test('what killed processes left of their removals goes after an hour', async () => {
  const { clock, storage, create, files } = await fileScene()
  const version = await create(KEY, 1)
  const stop = await beforeCalls((name, path) => {
    if (name === 'rm' && path.includes('.removed')) throw new Error('killed')
  })
  await storage.delete(KEY, { ifVersion: version })
  stop()
  const left = (await files()).filter((path) => path.startsWith('.removed/'))
  expect(left.map((path) => path.slice(-6))).toEqual(['1.json', '2.json'])
  await create(KEY, 2)
  expect(await files()).toEqual(expect.arrayContaining([...left]))
  await clock.advance(HOUR)
  for (let at = 0; at < MANY; at++) await create(`signin/${at}`, true)
  expect((await files()).filter((path) => path.startsWith('.removed'))).toEqual(['.removed'])
})

test('a sweep that fails fails no put', async () => {
  const { clock, create, replace, storage } = await fileScene()
  await create('spent/old', true, clock.now() + HOUR)
  const version = await replace(KEY, 2, await create(KEY, 1))
  await clock.advance(2 * HOUR)
  await beforeCalls((name) => {
    if (name === 'rename' || name === 'rm') throw Object.assign(new Error('EIO'), { code: 'EIO' })
  })
  await replace(KEY, 3, version)
  for (let at = 0; at < MANY; at++) await create(`signin/${at}`, true)
  expect(await storage.get(KEY)).toMatchObject({ value: 3 })
})

test('an expired entry is created anew, and one of many wins', async () => {
  const { clock, storage, create } = await fileScene()
  await create(KEY, 'old', clock.now() + HOUR)
  await clock.advance(HOUR)
  const creating = Array.from({ length: 50 }, (_, at) => storage.put(KEY, at, { ifVersion: null }))
  const versions = await Promise.all(creating)
  expect(versions.filter((version) => version !== undefined)).toHaveLength(1)
})

test('says how long ago a value was written, whatever the wall clock does', async () => {
  const { clock, storage, create } = await fileScene()
  await create(KEY, 'x')
  await clock.advance(1500)
  clock.jumpWall(-24 * HOUR)
  expect(await storage.get(KEY)).toMatchObject({ age: 1500 })
})

test("goes by the machine's clock where none is given", async () => {
  const { directory } = await fileScene()
  const storage = fileStorage(directory)
  await storage.put(KEY, 'past', { ifVersion: null, expiresAt: Date.now() - 1 })
  expect(await storage.get(KEY)).toBeUndefined()
  await storage.put(KEY, 'future', { ifVersion: null, expiresAt: Date.now() + HOUR })
  const entry = await storage.get(KEY)
  expect(entry).toMatchObject({ value: 'future' })
  expect(entry?.age).toBeLessThan(MINUTE)
})

/** Does something before the next such call, and before no later one. What returns false was not it. */
async function pausedBefore(call: string, act: (path: string) => Promise<boolean | void>): Promise<void> {
  let isDone = false
  await beforeCalls(async (name, path) => {
    if (isDone || name !== call) return
    isDone = true
    if ((await act(path)) === false) isDone = false
  })
}

test('a version that expired while a put over it stood still is not replaced', async () => {
  const { clock, storage, create } = await fileScene()
  const version = await create(KEY, 'old', clock.now() + MINUTE)
  await pausedBefore('sync', () => clock.advance(2 * MINUTE))
  expect(await storage.put(KEY, 'new', { ifVersion: version })).toBeUndefined()
  expect(await storage.get(KEY)).toBeUndefined()
})

test('an expiry that is no time is refused', async () => {
  const { storage } = await fileScene()
  const putting = storage.put(KEY, 'x', { ifVersion: null, expiresAt: Number.NaN })
  await expect(putting).rejects.toThrow('expiresAt: expected ms since the epoch, found NaN')
  expect(await storage.get(KEY)).toBeUndefined()
})
