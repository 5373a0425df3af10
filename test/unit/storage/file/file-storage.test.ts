import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileStorage } from 'atproof/node'
import { expect, onTestFinished, test } from 'vitest'
import { checkedStorage } from '../../../../src/storage/checked-storage.ts'
import { beforeCalls, emptyFolder, FOLDER, fileScene, KEY, keysOf } from './scene.ts'

test('keeps each version in a file of its own, which nobody else can read', async () => {
  const { directory, create, replace, files } = await fileScene()
  await replace(KEY, { n: 2 }, await create(KEY, { n: 1 }))
  expect(await files()).toEqual([`${FOLDER}/1.json`, `${FOLDER}/2.json`])
  expect((await stat(join(directory, FOLDER, '2.json'))).mode & 0o777).toBe(0o600)
  for (const folder of ['session', 'session/did%3aplc%3aalice', FOLDER]) {
    expect((await stat(join(directory, folder))).mode & 0o777).toBe(0o700)
  }
  expect(JSON.parse(await readFile(join(directory, FOLDER, '2.json'), 'utf8'))).toMatchObject({
    key: KEY,
    value: { n: 2 },
  })
})

test('makes the directory when something is put, and nothing before', async () => {
  const directory = join(await emptyFolder(), 'new', 'deep')
  const storage = fileStorage(directory)
  expect(await storage.get(KEY)).toBeUndefined()
  expect(await keysOf(storage, '')).toEqual([])
  expect(await storage.delete(KEY, { ifVersion: 'x' })).toBe(false)
  expect(await storage.put(KEY, 1, { ifVersion: 'x' })).toBeUndefined()
  await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await storage.put(KEY, 1, { ifVersion: null })).toBeDefined()
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
})

test('leaves nothing behind where a put or delete is lost', async () => {
  const { storage, create, files } = await fileScene()
  await create(KEY, 1)
  const before = await files()
  await storage.put(KEY, 2, { ifVersion: null })
  await storage.put('other/key', 2, { ifVersion: 'x' })
  await storage.delete(KEY, { ifVersion: 'x' })
  expect(await files()).toEqual(before)
})

test('leaves no file of an entry that was deleted, and no folder for its sake', async () => {
  const { directory, storage, create, replace, files } = await fileScene()
  const version = await replace(KEY, 2, await create(KEY, 1))
  expect(await storage.delete(KEY, { ifVersion: version })).toBe(true)
  expect(await files()).toEqual(['.removed'])
  expect(await readdir(join(directory, '.removed'))).toEqual([])
})

test('gives a new version after a delete, though its number comes again', async () => {
  const { storage, create } = await fileScene()
  const first = await create(KEY, 1)
  await storage.delete(KEY, { ifVersion: first })
  const second = await create(KEY, 1)
  expect([first, second].map((version) => version.slice(0, 2))).toEqual(['1-', '1-'])
  expect(second).not.toBe(first)
  expect(await storage.put(KEY, 'late', { ifVersion: first })).toBeUndefined()
})

test('a key can be the beginning of another, and go without it', async () => {
  const { storage, create } = await fileScene()
  const version = await create('a', 1)
  await create('a/b', 2)
  await storage.delete('a', { ifVersion: version })
  expect(await keysOf(storage, '')).toEqual(['a/b'])
  expect(await storage.get('a/b')).toMatchObject({ value: 2 })
})

test('a listing of one account reads nothing of another', async () => {
  const { storage, create } = await fileScene()
  for (const name of ['alice', 'alicia', 'bob']) await create(`session/did:plc:${name}/1`, name)
  await create('signin/1', true)
  const read: string[] = []
  await beforeCalls((name, path) => void ((name === 'open' || name === 'readdir') && read.push(path)))
  expect(await keysOf(storage, 'session/did:plc:alice/')).toEqual(['session/did:plc:alice/1'])
  expect(read).not.toEqual([])
  expect(
    read.filter((path) => !path.includes('did%3aplc%3aalice/') && !path.endsWith('did%3aplc%3aalice')),
  ).toEqual([])
})

test('leaves the files of others in the directory alone, and gives none out', async () => {
  const { directory, clock, storage, create } = await fileScene()
  await writeFile(join(directory, 'README.md'), 'mine')
  await mkdir(join(directory, 'Backup.entry'))
  await writeFile(join(directory, 'Backup.entry', '1.json'), 'mine')
  await create(KEY, 1)
  await clock.advance(86_400_000)
  for (let at = 0; at < 10; at++) await create(`spent/${at}`, true)
  expect(await readFile(join(directory, 'README.md'), 'utf8')).toBe('mine')
  expect(await readFile(join(directory, 'Backup.entry', '1.json'), 'utf8')).toBe('mine')
  expect(await keysOf(storage, 's')).toHaveLength(11)
})

test('one directory is one storage by whatever path', async () => {
  const { directory, storage, create } = await fileScene()
  const version = await create(KEY, 1)
  await symlink(directory, `${directory}-link`)
  const other = fileStorage(`${directory}-link`)
  expect(await other.get(KEY)).toMatchObject({ version })
  await other.delete(KEY, { ifVersion: version })
  expect(await storage.get(KEY)).toBeUndefined()
  await rm(`${directory}-link`)
})

test('a relative directory is one of the working directory of that time', async () => {
  const folder = await emptyFolder()
  const before = process.cwd
  process.cwd = () => folder
  const storage = fileStorage('sessions')
  process.cwd = before
  await storage.put('a', 1, { ifVersion: null })
  expect(await readdir(join(folder, 'sessions'))).toContain('a.entry')
})

test.each([undefined, '', 7, 'a\0b', new URL('file:///tmp')])(
  'refuses %j as a directory',
  (directory: unknown) => {
    expect(() => fileStorage(directory as string)).toThrow(TypeError)
    expect(() => fileStorage(directory as string)).toThrow('directory: expected the path of a folder')
  },
)

test.each([
  ['get', 'a\uDC00'],
  ['put', '\uD800'],
] as const)('%s refuses a key that is no Unicode', async (method, key) => {
  const { storage } = await fileScene()
  const calling = method === 'get' ? storage.get(key) : storage.put(key, 1, { ifVersion: null })
  await expect(calling).rejects.toThrow(TypeError)
})

test('says what is wrong where the directory cannot be made', async () => {
  const folder = await emptyFolder()
  await writeFile(join(folder, 'file'), '')
  const storage = fileStorage(join(folder, 'file', 'sessions'))
  await expect(storage.put(KEY, 1, { ifVersion: null })).rejects.toMatchObject({ code: 'ENOTDIR' })
  const checked = checkedStorage(storage)
  const failure = {
    code: 'read_failed',
    cause: { code: 'ENOTDIR', message: expect.stringContaining(folder) },
    retryable: false,
    action: expect.stringMatching(`in ${folder}/file/sessions, or on the way to it, a file stands`),
  }
  await expect(checked.get(KEY)).rejects.toMatchObject(failure)
  await expect(keysOf(checked, '')).rejects.toMatchObject(failure)
})

test.each([
  ['EACCES', "let this process's user read and write"],
  ['EPERM', "let this process's user read and write"],
  ['EROFS', 'name a directory that can be written'],
])(
  'says what to do where the system refuses with %s, to whoever reads, writes, deletes or lists',
  async (code, action) => {
    const { directory, storage, create } = await fileScene()
    const version = await create(KEY, 'old')
    await beforeCalls(() => {
      throw failureOf(code)
    })
    const checked = checkedStorage(storage)
    const outcomes = await Promise.allSettled([
      checked.get(KEY),
      checked.put(KEY, 1, { ifVersion: version }),
      checked.delete(KEY, { ifVersion: version }),
      keysOf(checked, ''),
    ])
    for (const outcome of outcomes) {
      const failure: unknown = outcome.status === 'rejected' && outcome.reason
      expect(failure).toMatchObject({ name: 'StorageError', retryable: false, cause: { code } })
      expect(failure).toMatchObject({ action: expect.stringMatching(`^${action}.* ${directory}`) })
    }
  },
)

test.each([
  ['linux', 'ENOSPC'],
  ['win32', 'EPERM'],
])('leaves it open on %s whether trying again helps after %s, which may pass', async (platform, code) => {
  const { storage, create } = await fileScene()
  await create(KEY, 'old')
  const own = Object.getOwnPropertyDescriptor(process, 'platform')
  onTestFinished(() => void Object.defineProperty(process, 'platform', own ?? {}))
  Object.defineProperty(process, 'platform', { value: platform, configurable: true })
  await beforeCalls(() => {
    throw failureOf(code)
  })
  const failure: unknown = await checkedStorage(storage)
    .get(KEY)
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'read_failed', retryable: true, action: undefined, cause: { code } })
})

test.each([
  ['writeFile', 'ENOSPC'],
  ['sync', 'EIO'],
  ['link', 'ENOSPC'],
  ['open', 'EACCES'],
  ['mkdir', 'EROFS'],
])('leaves nothing behind where %s fails with %s, and the next put succeeds', async (call, code) => {
  const { storage, create, replace, files } = await fileScene()
  const version = await create(KEY, 'old')
  const before = await files()
  let isBroken = true
  await beforeCalls((name, path) => {
    if (isBroken && name === call && !isReading(path)) throw failureOf(code)
  })
  await expect(storage.put('spent/x', 1, { ifVersion: null })).rejects.toMatchObject({ code })
  await expect(storage.put(KEY, 'new', { ifVersion: version })).rejects.toMatchObject({ code })
  isBroken = false
  expect(await files()).toEqual(before)
  await replace(KEY, 'new', version)
  expect(await storage.get(KEY)).toMatchObject({ value: 'new' })
  await create('spent/x', 1)
})

test('a put that cannot be flushed fails, and may stand', async () => {
  const { storage, create } = await fileScene()
  const version = await create(KEY, 'old')
  let isLinked = false
  await beforeCalls((name) => {
    if (name === 'link') isLinked = true
    if (name === 'sync' && isLinked) throw failureOf('EIO')
  })
  await expect(storage.put(KEY, 'new', { ifVersion: version })).rejects.toMatchObject({ code: 'EIO' })
  expect(await storage.get(KEY)).toMatchObject({ value: 'new' })
})

test('flushes the file before it is linked, its folder after, and the folders above before', async () => {
  const { directory, create, replace } = await fileScene()
  let calls: string[] = []
  await beforeCalls((name, path) => {
    if (name === 'sync' || name === 'link' || name === 'writeFile') calls.push(name)
    if (name === 'open' && !/\.(json|tmp)$/.test(path)) calls.push(`folder ${path.slice(directory.length + 1)}`)
  })
  const version = await create(KEY, 1)
  expect(calls.slice(0, calls.lastIndexOf('sync') + 1)).toEqual([
    'folder session/did%3aplc%3aalice',
    'sync',
    'folder session',
    'sync',
    'folder ',
    'sync',
    expect.stringContaining('folder'),
    'sync',
    'writeFile',
    'sync',
    'link',
    `folder ${FOLDER}`,
    'sync',
  ])
  calls = []
  await replace(KEY, 2, version)
  expect(calls).toEqual(['writeFile', 'sync', 'link', `folder ${FOLDER}`, 'sync'])
})

test('a moved entry is not taken for the one whose folder it is in', async () => {
  const { directory, storage, create } = await fileScene()
  await create(KEY, 'alice')
  await rename(join(directory, FOLDER), join(directory, 'session/did%3aplc%3aalice/2.entry'))
  await expect(storage.get('session/did:plc:alice/2')).rejects.toMatchObject({ code: 'corrupt' })
  expect(await storage.get(KEY)).toBeUndefined()
})

function isReading(path: string): boolean {
  return path.endsWith('.json')
}

function failureOf(code: string): Error {
  return Object.assign(new Error(`${code}: as the test has it`), { code })
}
