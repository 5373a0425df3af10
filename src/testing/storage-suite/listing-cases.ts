import type { Storage } from '../../storage/storage.ts'
import { forEachAtOnce } from './at-once.ts'
import { expectKeys, expectThat } from './expect.ts'
import { create, expectStored, keysOf, read, replace } from './stored.ts'
import type { SuiteCase } from './suite-case.ts'

const MANY = 10_000
const SOME = Array.from({ length: 200 }, (_, at) => `session/did:plc:alice/${at}`)

/** More than an engine lists at a time, and how often others write while it does. */
const PAGES = Array.from({ length: 1200 }, (_, at) => `session/did:plc:bob/${at}`)
const WRITES_EVERY = 30

/** Names that a careless pattern, path or encoding takes for each other. */
const NAMES = ['a', 'a/', 'a/b', 'a/b/c', 'a%2Fb', 'a%b', 'a_b', 'axb', 'ab', 'A', 'A/b', 'b', 'a/B', 'aa/b']

/** What is there, by the beginning of its key. */
export const listingCases: readonly SuiteCase[] = [
  {
    title: 'lists exactly the keys that begin with a prefix, wherever it ends',
    async run({ storage }) {
      expectKeys(await keysOf(storage, ''), [], 'the listing of a new storage')
      for (const name of NAMES) await create(storage, name, true)
      await expectListings(storage, NAMES, ['', ...NAMES, 'a%', 'a_', 'a%2', 'a/b/', 'a/b/c/', 'c', '%', '_', '*'])
    },
  },
  {
    title: 'lists what was created and not what was deleted or never won',
    async run({ storage }) {
      const [first = '', second = '', ...others] = SOME.slice(0, 10)
      for (const key of SOME.slice(0, 10)) await create(storage, key, true)
      for (const key of [first, second]) {
        await storage.delete(key, { ifVersion: (await storage.get(key))?.version ?? '' })
      }
      await storage.put('session/lost', true, { ifVersion: 'none' })
      await create(storage, second, true)
      expectKeys(await keysOf(storage, 'session/'), [second, ...others], 'the listing')
    },
  },
  {
    title: `lists ${MANY.toLocaleString('en')} entries, each of them once`,
    async run({ storage }) {
      const keys = Array.from({ length: MANY }, (_, at) => `session/did:plc:many/${at}`)
      await forEachAtOnce(keys, (key, at) => create(storage, key, at))
      await create(storage, 'session/did:plc:few/1', true)
      await expectListings(
        storage,
        [...keys, 'session/did:plc:few/1'],
        ['', 'session/did:plc:many/', 'session/did:plc:many/1'],
      )
      await expectStored(storage, `session/did:plc:many/${MANY - 1}`, MANY - 1)
    },
  },
  {
    title: 'lists once what stands there all the while, though others write, delete and create',
    async run({ storage }) {
      await forEachAtOnce(PAGES, (key) => create(storage, key, 0))
      const moving = PAGES.filter((_, at) => at % 2 === 0)
      const seen: string[] = []
      for await (const key of storage.list('session/')) {
        // A storage that meets again what it is given meanwhile never ends.
        expectThat(seen.length < 10 * PAGES.length, `an end after ${PAGES.length} keys`, 'more and more')
        seen.push(key)
        if (seen.length % WRITES_EVERY === 0) await disturb(storage, moving, key, seen.length)
      }
      // What comes and goes may be missing; what stayed may not.
      const staying = new Set(PAGES.filter((key) => !moving.includes(key)))
      expectThat(new Set(seen).size === seen.length, 'each key once in the listing', 'one of them again')
      expectKeys(
        seen.filter((key) => staying.has(key)),
        [...staying],
        'what was there all the while',
      )
    },
  },
  {
    title: 'can be left in the middle of a listing, and go through several at a time',
    async run({ storage }) {
      await forEachAtOnce(SOME, (key) => create(storage, key, true))
      for (let round = 0; round < 30; round += 1) {
        for await (const key of storage.list('session/')) {
          expectThat(SOME.includes(key), 'a key that was put', 'another')
          break
        }
      }
      const lists = await Promise.all(Array.from({ length: 10 }, () => keysOf(storage, 'session/')))
      for (const keys of lists) expectKeys(keys, SOME, 'a listing')
    },
  },
]

/** Throws unless each prefix lists the keys that begin with it, and no other. */
export async function expectListings(
  storage: Storage,
  keys: readonly string[],
  prefixes: readonly string[],
): Promise<void> {
  for (const prefix of prefixes) {
    const expected = keys.filter((key) => key.startsWith(prefix))
    expectKeys(await keysOf(storage, prefix), expected, `the listing of ${JSON.stringify(prefix.slice(0, 100))}`)
  }
}

/** Deletes and creates some keys, before and after those that were listed, writes over the last one, and adds another. */
async function disturb(storage: Storage, moving: readonly string[], listed: string, count: number): Promise<void> {
  for (const step of [-107, -7, 0, 7, 300]) {
    const key = moving.at((Math.floor(count / 2) + step) % moving.length) ?? listed
    const { version } = await read(storage, key)
    await storage.delete(key, { ifVersion: version })
    await create(storage, key, 1)
  }
  const { version } = await read(storage, listed)
  await replace(storage, listed, 2, version)
  await create(storage, `session/new/${count}`, true)
}
